import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import type { PullLogin } from "../../registry";

/**
 * Makes the Secret that the kubelet pulls with. Its name is fixed, so a new password rolls no pod. The provider changes
 * it in place: pods that start meanwhile find it (`enableSecretMutable` in `clusterProvider`).
 */
export function pullSecret(
  name: string,
  metadata: Readonly<Record<"name" | "namespace", pulumi.Input<string>>>,
  login: PullLogin,
  parent: pulumi.Resource,
): core.Secret {
  const config = pulumi
    .all([login.host, login.username, login.password])
    .apply(([host, username, password]) => JSON.stringify({ auths: { [server(host)]: { username, password } } }));
  return new core.Secret(
    name,
    {
      metadata: { ...metadata, name: pulumi.interpolate`${metadata.name}-pull` },
      type: "kubernetes.io/dockerconfigjson",
      stringData: { ".dockerconfigjson": pulumi.secret(config) },
    },
    { parent },
  );
}

/** A registry's name in Docker's configuration. Docker Hub's isn't its host. */
function server(host: string): string {
  return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}
