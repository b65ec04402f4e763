export type { ReleaseArgs } from "./deploy";
export { checkedOut, formatRelease, lastGood, lastGoodTag } from "./last-good";
export { mostRecent, recentReleases } from "./recent-releases";
export { type Outcome, release } from "./release";
export { withTree } from "./source-tree";
