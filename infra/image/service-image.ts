import * as docker from "@pulumi/docker";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, messageOf, type OwnResource, parseImage, type Platform } from "../base";
import type { BuildSource, PinnedSource } from "../config";
import type { Credentials, Registry } from "../registry";
import { gitWarning, readContext } from "./build-context";
import { failedStep } from "./build-log";
import { contentTag } from "./content-tag";
import type { FoundBases } from "./find-bases";
import { imageLabels, versionArg, versionLabel } from "./labels";
import { keepRegistries, type LastBuild, lastBuild } from "./last-build";
import { rememberedUser } from "./remembered-user";
import { stageContext } from "./stage-context";
import { stageDockerfile } from "./stage-dockerfile";
import type { User } from "./user";
import { verifiedBinaries } from "./verified-binaries";
import type { PushedImage } from "./verify-binaries";
import { verifyPlatforms } from "./verify-platforms";

/** Arguments of a {@link ServiceImage}. */
export interface ServiceImageArgs {
  /** An image to build or to deploy as it is. Plain, because it decides which resources there are. */
  readonly source: BuildSource | PinnedSource;
  /** What a build starts from. Plain, because the tag depends on it. */
  readonly bases: FoundBases;
  /** Platforms that the image must have. Plain, because the tag depends on them. */
  readonly platforms: Platform[];
  /** The registry that the image is pushed to or is in. */
  readonly registry: Registry;
  /** Arguments of the container in place of the image's `CMD`. An empty list keeps that. */
  readonly args: readonly string[];
  /** What this stack's last update recorded, its last build among it. */
  readonly own: readonly OwnResource[];
}

/**
 * A service's image. It is built and pushed, unless `source` is pinned. Then its index is read back from the registry,
 * and must have every platform, with a binary for it. A resource that uses {@link reference} waits for that.
 *
 * Needs a docker provider that can reach the registry.
 */
export class ServiceImage extends pulumi.ComponentResource {
  /** `repository@sha256:…` of the index. Known after its platforms are verified. */
  readonly reference: pulumi.Output<string>;
  /** Platform → digest of its manifest. */
  readonly platforms: pulumi.Output<Record<string, string>>;
  /** The user of pods with this image. In a preview, the one that the last update had, unknown if there was none. */
  readonly user: pulumi.Output<User>;
  /**
   * This image, after its platforms are verified. A resource that depends on it is registered afterwards, and not at
   * all if the verification fails. A preview doesn't wait for an image that it can't verify yet.
   */
  readonly verified: pulumi.Output<pulumi.Resource>;

  constructor(name: string, args: ServiceImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("ping:index:ServiceImage", name, {}, opts);
    const { source, registry } = args;

    const { tag, digest } = source.kind === "pinned" ? { ...source, tag: anyTag } : this.build(name, source, args);
    const tagged = pulumi.interpolate`${registry.repository}:${tag}@${digest}`;
    // A plain update would fail again, because nothing of the build has changed.
    const advice =
      source.kind === "pinned"
        ? "If it isn't there any more, push it again, or choose another one with pulumi config set image REPOSITORY@DIGEST."
        : `If it isn't there any more, pulumi up --replace '**::${name}-build' builds and pushes it again.`;
    const authConfig = pulumi.output({ address: registry.address, ...registry.credentials });
    let pushed: PushedImage | undefined;
    const verified = pulumi.all([tagged, authConfig]).apply(async ([image, auth]) => {
      const { repository, digest } = parseImage(image) ?? {};
      if (repository === undefined || digest === undefined) {
        throw new Failure(
          "the image was left out of this update, and none is known from an earlier one: add --target '**ServiceImage**'.",
        );
      }
      const { manifests } = await docker
        .getRegistryImageManifests({ name: image, authConfig: auth }, { parent: this })
        .catch((error: unknown) => {
          const advices = [advice, ...(registry.refusalAdvice === undefined ? [] : [registry.refusalAdvice])];
          throw new Failure(unreadable(image, messageOf(error), advices.join("\n")));
        });
      const digests = verifyPlatforms(image, args.platforms, manifests);
      const { username, password } = auth;
      const login = username === undefined || password === undefined ? undefined : { username, password };
      pushed = { name: image, repository, login, platforms: digests, args: args.args };
      return digests;
    });
    // The look-up's password makes its result a secret. The digests are none. As secrets they would hide the whole
    // Deployment in a preview.
    const digests = pulumi.unsecret(verified);
    const binaries = verifiedBinaries(
      `${name}-binaries`,
      { digests, args: args.args, image: () => pushed, source },
      { parent: this },
    );
    this.platforms = binaries.platforms;
    this.user = rememberedUser(`${name}-user`, { read: binaries.user, own: args.own }, { parent: this });
    this.reference = pulumi
      .all([registry.repository, digest, this.platforms])
      .apply(([repository, sha256]) => `${repository}@${sha256}`);
    this.verified = this.platforms.apply((): pulumi.Resource => this);
    this.registerOutputs({ reference: this.reference, platforms: this.platforms });
  }

  private build(name: string, source: BuildSource, { bases, platforms, registry, own }: ServiceImageArgs) {
    const { app, dockerfile, builder, rebuild, build } = source;
    const { args, secrets, ssh, target } = build;
    const directories = Object.entries(build.contexts).flatMap(([contextName, context]) =>
      context.kind === "directory" ? [[contextName, context.directory] as const] : [],
    );
    const staging = `node_modules/.cache/${pulumi.getProject()}`;
    const files = readContext(app, staging, dockerfile);
    const contexts = Object.fromEntries(
      directories.map(([contextName, directory]) => [contextName, readContext(directory, staging)]),
    );
    for (const warning of [files, ...Object.values(contexts)].flatMap((context) => gitWarning(context) ?? [])) {
      void pulumi.log.warn(warning, this);
    }
    const digests = Object.fromEntries(bases.images.map((base) => [base.name, base.digest]));
    const labels = imageLabels(source.origin, bases.base);
    const secretIds = Object.keys(secrets);
    const tag = contentTag(files, fs.readFileSync(dockerfile), {
      platforms,
      bases: digests,
      labels,
      rebuild,
      args,
      secrets: secretIds,
      ssh,
      target,
      contexts,
    });
    const staged = `${staging}/${pulumi.getStack()}/${name}`;
    const context = stageContext(files, staged, tag);
    const location = bases.dockerfile === undefined ? dockerfile : stageDockerfile(bases.dockerfile, staged);
    const locations = Object.entries(contexts).map(([contextName, files]) => {
      const copy = stageContext(files, `${staged}-contexts/${encodeURIComponent(contextName)}`, tag);
      return [contextName, { location: fromProvider(copy) }] as const;
    });
    // The provider's error names the line but not the file, so the file is logged here.
    void pulumi.log.info(`builds ${dockerfile} for ${platforms.join(", ")}`, this, undefined, true);
    bases.warnings?.forEach((warning) => void pulumi.log.warn(warning, this));
    const tagged = pulumi.interpolate`${registry.repository}:${tag}`;
    const { digest } = new dockerBuild.Image(
      `${name}-build`,
      {
        context: { location: fromProvider(context), ...namedContexts(bases, locations) },
        dockerfile: { location: fromProvider(location) },
        platforms,
        ...(builder === undefined ? {} : { builder: { name: builder } }),
        // The version changes the inputs with the content. Without a changed input, a preview would hand on a digest that
        // it built and didn't push. SOURCE_DATE_EPOCH takes the time of the build out of the image, so that the same
        // content has the same digest on every machine (https://reproducible-builds.org/docs/source-date-epoch/).
        // BUILDKIT_MULTI_PLATFORM makes BuildKit push an index also for one platform: the look-up reads only indexes.
        buildArgs: { [versionArg]: tag, ...args, SOURCE_DATE_EPOCH: "0", BUILDKIT_MULTI_PLATFORM: "1" },
        // Without the list, a changed secret would push the same tag again, which ECR refuses.
        ...(secretIds.length === 0 ? {} : { secrets, ignoreSecretsInDiffCalculation: secretIds }),
        ...(ssh.length === 0 ? {} : { ssh: ssh.map((id) => ({ id })) }),
        ...(target === undefined ? {} : { target }),
        labels: { ...labels, [versionLabel]: tag },
        tags: [tagged],
        ...(registry.credentials && {
          registries: registriesOf(lastBuild(`${name}-build`, own), tagged, registry, registry.credentials),
        }),
        // With `push: true`, a preview would skip the build (pulumi/pulumi-docker-build#252). The provider
        // adds no provenance, whose timestamps would change the digest with each build.
        push: false,
        // The compression is BuildKit's own. At another level, a builder would still push a layer that its cache has at
        // BuildKit's, and the same tag would have another digest than from an empty builder.
        exports: [{ registry: {} }],
      },
      // Without this, a replacement or removal would delete the digest that still runs
      // (pulumi/pulumi-docker-build#606).
      { parent: this, retainOnDelete: true, hooks: { onError: [this.buildLog(name, context)] } },
    );
    return { tag, digest: pulumi.unsecret(digest) };
  }

  /** Shows what the failed step of a build printed. The provider's error has its exit code alone. */
  private buildLog(name: string, context: string): pulumi.ErrorHook {
    const start = Date.now();
    return new pulumi.ErrorHook(`${name}-build-log`, async () => {
      const message = await failedStep(context, start);
      if (message !== undefined) {
        await pulumi.log.error(message, this);
      }
      return false;
    });
  }
}

/** The logins that a build gets. Docker's own is no input of it, and therefore not in Pulumi's state. */
function registriesOf(
  last: LastBuild | undefined,
  tag: pulumi.Input<string>,
  { host, dockerLogin }: Registry,
  { username, password }: Credentials,
) {
  return pulumi
    .all([tag, host, username])
    .apply(([tagged, address, user]) =>
      keepRegistries(last, tagged, dockerLogin ? [] : [{ address, username: user, password }]),
    );
}

/**
 * A path for the docker-build provider, which runs in the folder of Pulumi.yaml's `main`, one below the project's. An
 * absolute path would differ between two checkouts.
 */
function fromProvider(file: string): string {
  return path.isAbsolute(file) ? file : path.posix.join("..", file);
}

/**
 * The named contexts for BuildKit: directories, and images, each by its digest. A tag could move between the look-up and
 * the build.
 */
function namedContexts(
  { images }: FoundBases,
  directories: readonly (readonly [string, { readonly location: string }])[],
) {
  const named = [
    ...images.map(
      ({ name, repository, digest }) => [name, { location: `docker-image://${repository}@${digest}` }] as const,
    ),
    ...directories,
  ];
  return named.length === 0 ? {} : { named: Object.fromEntries(named) };
}

function unreadable(image: string, reason: string, advice: string): string {
  if (reason.includes("unsupported manifest response")) {
    return (
      `the image ${image} is a manifest for one platform, and an index is needed, also for a single platform. ` +
      "docker buildx imagetools create --tag REPOSITORY:TAG REPOSITORY@DIGEST pushes an index of it: choose that one."
    );
  }
  const login =
    "The registry wants a login that may read it: docker login, or registry.username and registry.password.";
  const remedy = reason.includes("401 Unauthorized") ? login : advice;
  return `the image ${image} can't be read back from its registry: ${reason}\n${remedy}`;
}

/**
 * A tag for the look-up. Without a tag, it takes `@sha256` for a part of the name. The look-up reads the digest, so the
 * tag needn't exist.
 */
const anyTag = "pinned";
