export { checkedOut, formatRelease, lastGood, lastGoodTag } from "./last-good";
export { mostRecent, recentReleases } from "./recent-releases";
export { type Outcome, release, type ReleaseArgs } from "./release";
export { withTree } from "./source-tree";
