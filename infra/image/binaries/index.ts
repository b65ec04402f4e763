export { rememberedUser } from "./remembered-user";
export type { User } from "./user";
export { verifiedBinaries } from "./verified-binaries";
export type { PushedImage } from "./verify-binaries";
