import * as docker from "@pulumi/docker";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import type { BuildSource, PinnedSource } from "../config";
import { contentTag, readContext, stageContext } from "./build-context";
import { Failure, type Platform } from "../base";
import { verifyPlatforms } from "./verify-platforms";
import type { Registry } from "../registry";

/** Arguments of a {@link ServiceImage}. */
export interface ServiceImageArgs {
  /** An image to build, or one to deploy as it is. Plain, since it decides which resources there are. */
  readonly source: BuildSource | PinnedSource;
  /** What the image must run on. Plain, since the tag depends on it. */
  readonly platforms: Platform[];
  /** Where the image goes, or already is. */
  readonly registry: Registry;
}

/**
 * A service's image: built and pushed, unless `source` is one already, and read back from the registry to see that it
 * has every platform. Whoever deploys {@link reference} waits for that.
 *
 * Needs a docker provider that can reach the registry.
 */
export class ServiceImage extends pulumi.ComponentResource {
  /** `repository@sha256:…` of the index, known once its platforms are verified. */
  readonly reference: pulumi.Output<string>;
  /** Platform → digest of its manifest. */
  readonly platforms: pulumi.Output<Record<string, string>>;
  /**
   * This image, once its platforms are verified: what depends on it isn't registered before that, and not at all where the
   * verification fails. In a preview that can't verify an image yet, nobody waits for that.
   */
  readonly verified: pulumi.Output<pulumi.Resource>;

  constructor(name: string, args: ServiceImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("ping:index:ServiceImage", name, {}, opts);
    const { source, registry } = args;

    const { tag, digest } = source.kind === "pinned" ? { ...source, tag: anyTag } : this.build(name, source, args);
    const tagged = pulumi.interpolate`${registry.repository}:${tag}@${digest}`;
    // A plain update would stop here again: nothing of the build has changed.
    const advice =
      source.kind === "pinned"
        ? "If it isn't there any more, push it again, or choose another one with pulumi config set image REPOSITORY@DIGEST."
        : `If it isn't there any more, pulumi up --replace '**::${name}-build' builds and pushes it again.`;
    const authConfig = pulumi.output({ address: registry.address, ...registry.credentials });
    const verified = pulumi.all([tagged, authConfig]).apply(async ([image, auth]) => {
      if (!image.includes("@sha256:")) {
        throw new Failure(
          `the image was left out of this update, and none is known from an earlier one: add --target '**::${name}-build'.`,
        );
      }
      const { manifests } = await docker
        .getRegistryImageManifests({ name: image, authConfig: auth }, { parent: this })
        .catch((error: unknown) => {
          throw new Failure(unreadable(image, reasonOf(error), advice));
        });
      return verifyPlatforms(image, args.platforms, manifests);
    });
    // Digests are no secret, only because a password was needed to read them: all that they go into, the whole Deployment
    // first, would become one, and previews unreadable.
    this.platforms = pulumi.unsecret(verified);
    this.reference = pulumi
      .all([registry.repository, digest, this.platforms])
      .apply(([repository, sha256]) => `${repository}@${sha256}`);
    this.verified = this.platforms.apply((): pulumi.Resource => this);
    this.registerOutputs({ reference: this.reference, platforms: this.platforms });
  }

  private build(name: string, { app, dockerfile, builder }: BuildSource, { platforms, registry }: ServiceImageArgs) {
    const files = readContext(app, dockerfile);
    const tag = contentTag(files, fs.readFileSync(dockerfile), platforms);
    const context = stageContext(files, `node_modules/.cache/${pulumi.getProject()}/${pulumi.getStack()}/${name}`, tag);
    // What is wrong with a Dockerfile the provider tells by its line, and leaves out which file it is.
    void pulumi.log.info(`builds ${dockerfile} for ${platforms.join(", ")}`, this, undefined, true);
    const { digest } = new dockerBuild.Image(
      `${name}-build`,
      {
        context: { location: fromProvider(context) },
        dockerfile: { location: fromProvider(dockerfile) },
        platforms,
        ...(builder === undefined ? {} : { builder: { name: builder } }),
        // The tag changes with every change of the content. In a preview the provider calls the digest unknown only where
        // an input changes: with the same inputs it would be one that was built and never pushed. The epoch takes the
        // build's own time out of the image, so that the same content gives the same digest on every machine
        // (https://reproducible-builds.org/docs/source-date-epoch/). BuildKit pushes an index of a single platform only where
        // it is told to, and the look-up below reads nothing else.
        buildArgs: { VERSION: tag, SOURCE_DATE_EPOCH: "0", BUILDKIT_MULTI_PLATFORM: "1" },
        tags: [pulumi.interpolate`${registry.repository}:${tag}`],
        ...(registry.credentials ? { registries: [{ address: registry.host, ...registry.credentials }] } : {}),
        // With `push: true` a preview would skip the build (pulumi/pulumi-docker-build#252). The provider
        // adds no provenance, whose timestamps would change the digest with each build.
        push: false,
        exports: [{ registry: {} }],
      },
      // On replacement or removal the provider would delete the digest that still runs (pulumi/pulumi-docker-build#606).
      { parent: this, retainOnDelete: true },
    );
    return { tag, digest: pulumi.unsecret(digest) };
  }
}

/**
 * A path as the docker-build provider reads it: like the program, it starts in the folder of Pulumi.yaml's `main`, one
 * below the project's. An absolute path would differ between two checkouts.
 */
function fromProvider(file: string): string {
  return path.isAbsolute(file) ? file : path.posix.join("..", file);
}

function unreadable(image: string, reason: string, advice: string): string {
  return reason.includes("unsupported manifest response")
    ? `the image ${image} is a manifest for one platform, and an index is needed, also for a single platform. ` +
        "docker buildx imagetools create --tag REPOSITORY:TAG REPOSITORY@DIGEST pushes an index of it: choose that one."
    : `the image ${image} can't be read back from its registry: ${reason}\n${advice}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The look-up wants a tag in front of the digest, or it takes `@sha256` for part of the name. It is the digest that is
 * looked up; no such tag has to exist.
 */
const anyTag = "pinned";
