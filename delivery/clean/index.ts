export { clean } from "./clean";
export { ecrManifests, pullingAccounts } from "./ecr-manifests";
export { registryManifests } from "./registry-manifests";
