export { envSecret, hashEnv, type SecretEnv } from "./env-secret";
export { pullSecret } from "./pull-secret";
