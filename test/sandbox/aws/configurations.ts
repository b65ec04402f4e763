import { basename, join } from "node:path";
import { inSandboxDirectory } from "../ground/paths";
import { pki } from "../network/pki";
import { ecrRegistry, tokenReviewPort } from "./addresses";

/** The files by which the cluster knows the account; the same for every node. */
export const awsFiles = {
  registryHosts: inSandboxDirectory("registries", ecrRegistry.host, "hosts.toml"),
  /** How kubelets get ECR's credentials: as on a node of EKS, from a command that asks AWS. */
  credentialProviders: inSandboxDirectory("credential-providers", "config.json"),
  credentialProvider: inSandboxDirectory("credential-providers", "bin", "ecr-credential-provider"),
  /** Where the API server asks about tokens that it doesn't know: as on EKS, an authenticator that asks AWS. */
  tokenReview: inSandboxDirectory("token-review.kubeconfig"),
} as const;

/** The text of every one of them, by path; one that begins with `#!` is a command. */
export function awsConfigurations(): Record<string, string> {
  return {
    [awsFiles.registryHosts]: `
server = "https://${ecrRegistry.host}"
[host."https://${ecrRegistry.host}"]
  capabilities = ["pull", "resolve"]
  ca = "${pki.ca}"
`,
    [awsFiles.tokenReview]: JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "aws", cluster: { server: `http://${ecrRegistry.address}:${String(tokenReviewPort)}/` } }],
      contexts: [{ name: "aws", context: { cluster: "aws", user: "" } }],
      "current-context": "aws",
    }),
    [awsFiles.credentialProviders]: JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1",
      kind: "CredentialProviderConfig",
      providers: [
        {
          name: basename(awsFiles.credentialProvider),
          matchImages: ["*.dkr.ecr.*.amazonaws.com"],
          defaultCacheDuration: "0s",
          apiVersion: "credentialprovider.kubelet.k8s.io/v1",
        },
      ],
    }),
    [awsFiles.credentialProvider]: `#!/bin/sh
exec "${process.execPath}" --import "${require.resolve("tsx")}" "${join(__dirname, "credential-provider.ts")}"
`,
  };
}
