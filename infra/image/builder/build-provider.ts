import { Provider } from "@pulumi/docker-build/provider";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import type { FoundImage } from "../find-image";

/** The docker-build provider of an image. There is none for an image that this stack doesn't build. */
export function buildProvider(image: FoundImage): Provider[] {
  return image.kind === "there" ? [] : [new Provider("image-builder", {}, providerOptions(image.digest))];
}

/**
 * The provider's input `host` is the variable DOCKER_HOST, and another host replaces the provider and its image. Content
 * that the registry has is built nowhere, so its provider ignores another host.
 *
 * @param digest What the content's tag stands for in the registry. Undefined for content to build.
 */
export function providerOptions(digest: string | undefined): CustomResourceOptions {
  return {
    ignoreChanges: digest === undefined ? [] : ["host"],
    // Earlier versions of this program used the default provider. By its name, the engine takes this one for the same.
    aliases: [{ name: "default_0_0_22" }],
  };
}
