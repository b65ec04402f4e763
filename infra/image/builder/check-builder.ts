import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, registryAddress } from "../../../common";
import type { FoundRegistry } from "../../registry";
import type { FoundImage } from "../find-image";
import { type Builder, buildxFolder, readBuilder } from "./buildx";
import { hostNetwork } from "./registry-fault";

/**
 * Checks that the builder of an image can reach a registry on this machine's loopback. BuildKit in a container with a
 * network of its own can't, and a build would find that out only when it pushes. A builder that buildx doesn't know
 * passes: the docker-build provider names it. Where buildx has none, the provider makes one, so a warning says that it
 * can't. An image that the registry has already needs no builder.
 *
 * @throws Failure if the builder can't, or if none of those that the provider chooses from can.
 */
export function checkBuilder(image: FoundImage, { repository: { host } }: FoundRegistry): void {
  if (image.kind === "there" || image.digest !== undefined || !registryAddress(host).startsWith("http:")) {
    return;
  }
  const { builder } = image.source;
  const names = builder === undefined ? builderNames() : [builder];
  const why = `the registry ${host}: in a container with a network of its own, ${host} is the container itself. ${hostNetwork}`;
  if (names.length === 0) {
    void pulumi.log.warn(`buildx has no builder, and the one that the build makes doesn't reach ${why}`);
  } else if (names.map(readBuilder).every((each) => each !== undefined && isApart(each))) {
    throw new Failure(
      builder === undefined
        ? `the config key builder is missing, and no builder of buildx reaches ${why}`
        : `the builder ${builder} doesn't reach ${why}`,
    );
  }
}

function builderNames(): readonly string[] {
  const folder = path.join(buildxFolder(), "instances");
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

/** Whether BuildKit runs in a container that has neither this machine's network nor that of another container. */
function isApart({ Driver: driver, Nodes: nodes }: Builder): boolean {
  return (
    driver === "docker-container" &&
    nodes.every(({ DriverOpts: options }) => !/^(?:host$|container:)/.test(options?.["network"] ?? ""))
  );
}
