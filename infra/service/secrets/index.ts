export { type EncryptedEnv, envSecret, hashEnv } from "./env-secret";
export { pullSecret } from "./pull-secret";
