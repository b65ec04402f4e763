export { networkPolicySpec } from "./network-policy";
export { httpRoute, ingress, servicePort } from "./exposure";
