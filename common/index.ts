export { type AwsAccount, type AwsConfig, callerAccount } from "./aws-account";
export { awsDomain } from "./aws-domain";
export { dnsLabel, isDnsLabel, longestLabel } from "./dns-label";
export { dockerLogin } from "./docker-login";
export { ecrAccount } from "./ecr-account";
export { Failure, messageOf } from "./failure";
export {
  familiarName,
  type Image,
  isEcrName,
  parseFamiliar,
  parseImage,
  parsePinned,
  parseRepository,
  type PinnedImage,
  registryAddress,
  type Repository,
} from "./image-reference";
export { onCloseLabels } from "./on-close-labels";
export { type OwnResource, ownResources } from "./own-resources";
export type { Plain } from "./plain";
export { knownPlatforms, type Platform } from "./platform";
export { reasonOf } from "./plugin-error";
export { connect, get, isProxied } from "./preflight";
export { formatPath, parsePath, type Part } from "./property-path";
export { parseQuantity } from "./quantity";
export { askRegistry, type Login, mayPush, putManifest, RegistryError, tryLogin } from "./registry-api";
export { request } from "./request";
export { type Ended, runSilently } from "./run-silently";
