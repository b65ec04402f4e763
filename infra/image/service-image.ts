import * as docker from "@pulumi/docker";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import {
  Failure,
  messageOf,
  type OwnResource,
  parseImage,
  parseRepository,
  type Plain,
  type Platform,
} from "../../common";
import type { Credentials, Registry } from "../registry";
import type { FoundBases } from "./base-images";
import { type PushedImage, rememberedUser, type User, verifiedBinaries } from "./binaries";
import { failedStep, registryFault } from "./builder";
import { gitWarning, stageContext, stageDockerfile, staging, versionArg, versionLabel } from "./content";
import type { FoundImage } from "./find-image";
import { repeatedArg } from "./last-build";
import { putTag, verifyPlatforms } from "./manifests";

/** Arguments of a {@link ServiceImage}. */
export interface ServiceImageArgs {
  /** The image, as far as it is known. */
  readonly image: Plain<FoundImage>;
  /** What a build starts from. */
  readonly bases: Plain<FoundBases>;
  /** Platforms that the image must have. */
  readonly platforms: Plain<Platform[]>;
  /** The registry that the image is pushed to or is in. */
  readonly registry: Registry;
  /** The repository that the image is pushed to or is in. Undefined for one in ECR. */
  readonly repository?: Plain<string | undefined>;
  /** Arguments of the container in place of the image's `CMD`. An empty list keeps that. */
  readonly args: Plain<readonly string[]>;
  /** What this stack's last update recorded. */
  readonly own: Plain<readonly OwnResource[]>;
}

/**
 * A service's image. It is built and pushed, unless it is in its registry. Then its index is read back from there, and
 * must have every platform, with a binary for it. A resource that uses {@link reference} waits for that.
 *
 * Needs a docker provider that can reach the registry, and a docker-build provider for an image that is built.
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
    const { image, registry } = args;
    const { source } = image;
    // policy/own-repository.ts reads this input.
    super("ping:index:ServiceImage", name, args.repository === undefined ? {} : { registry: args.repository }, opts);

    const tag = image.kind === "there" ? image.tag : image.content.tag;
    const digest = image.kind === "there" ? image.digest : this.build(name, image, args);
    const tagged = pulumi.interpolate`${registry.repository}:${tag ?? anyTag}@${digest}`;
    const advice = source.kind === "pinned" ? pinnedAdvice : contentAdvice(tag);
    const { identityToken, ...userAndPassword } = registry.credentials ?? {};
    const authConfig = pulumi.output({ address: registry.address, ...userAndPassword });
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
      const digests = verifyPlatforms(image, args.platforms, manifests, source.kind === "pinned" ? undefined : advice);
      const { username, password } = auth;
      const login =
        username === undefined || password === undefined
          ? undefined
          : { username, password, ...(identityToken && { identityToken }) };
      pushed = { name: image, repository, login, platforms: digests, args: args.args };
      return digests;
    });
    // The look-up's password makes its result a secret. The digests are none. As secrets they would hide the whole
    // Deployment in a preview.
    const digests = pulumi.unsecret(verified);
    const binaries = verifiedBinaries(
      `${name}-binaries`,
      { digests, tag, args: args.args, image: () => pushed, source },
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

  /** Builds and pushes an image. Returns the digest that its tag stands for. */
  private build(
    name: string,
    { source, content, digest: known, repeated }: Extract<FoundImage, { kind: "build" }>,
    { bases, platforms, registry }: ServiceImageArgs,
  ): pulumi.Input<string> {
    const { dockerfile, builder, build } = source;
    const { args, secrets, ssh, target } = build;
    const { tag, files, contexts, labels } = content;
    for (const warning of [files, ...Object.values(contexts)].flatMap((context) => gitWarning(context) ?? [])) {
      void pulumi.log.warn(warning, this);
    }
    const staged = `${staging()}/${pulumi.getStack()}/${name}`;
    const context = stageContext(files, staged, tag);
    const location = bases.dockerfile === undefined ? dockerfile : stageDockerfile(bases.dockerfile, staged);
    const locations = Object.entries(contexts).map(([contextName, files]) => {
      const copy = stageContext(files, `${staged}-contexts/${encodeURIComponent(contextName)}`, tag);
      return [contextName, { location: fromProvider(copy) }] as const;
    });
    if (known === undefined) {
      // The provider's error names the line but not the file, so the file is logged here.
      void pulumi.log.info(`builds ${dockerfile} for ${platforms.join(", ")}`, this, undefined, true);
    }
    bases.warnings?.forEach((warning) => void pulumi.log.warn(warning, this));
    const secretIds = Object.keys(secrets);
    let built = false;
    const noteBuild = new pulumi.ResourceHook(`${name}-build`, () => {
      built = true;
    });
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
        buildArgs: {
          [versionArg]: tag,
          ...args,
          SOURCE_DATE_EPOCH: "0",
          BUILDKIT_MULTI_PLATFORM: "1",
          ...(repeated > 0 && { [repeatedArg]: String(repeated) }),
        },
        // Without the list, a changed secret would build the same content again.
        ...(secretIds.length === 0 ? {} : { secrets, ignoreSecretsInDiffCalculation: secretIds }),
        ...(ssh.length === 0 ? {} : { ssh: ssh.map((id) => ({ id })) }),
        ...(target === undefined ? {} : { target }),
        labels: { ...labels, [versionLabel]: tag },
        // The repository alone: the build pushes by digest, because the tag may be another build's by now, and putTag tags it.
        tags: [registry.repository],
        ...(registry.credentials && { registries: registriesOf(registry, registry.credentials) }),
        // With `push: true`, a preview would skip the build (pulumi/pulumi-docker-build#252). The provider
        // adds no provenance, whose timestamps would change the digest with each build.
        push: false,
        // The compression is BuildKit's own. At another level, a builder would still push a layer that its cache has at
        // BuildKit's, and the same tag would have another digest than from an empty builder.
        exports: [{ registry: { pushByDigest: true } }],
      },
      {
        parent: this,
        // Without this, a replacement or removal would delete the digest that still runs
        // (pulumi/pulumi-docker-build#606).
        retainOnDelete: true,
        // What decides how an image is built and pushed builds no content again that the registry has.
        ignoreChanges: known === undefined ? [] : ["builder", "registries", "exports", "tags"],
        hooks: {
          afterCreate: [noteBuild],
          afterUpdate: [noteBuild],
          onError: [this.buildLog(name, context, registry)],
        },
      },
    );
    if (known !== undefined) {
      return known;
    }
    // The engine calls no hook of a build that --target leaves out. Its digest is that of an earlier content.
    const tagged = pulumi
      .all([digest, registry.repository, pulumi.output(registry.credentials)])
      .apply(async ([sha256, repository, login]) => {
        const place = parseRepository(repository);
        return built && place !== undefined ? putTag(place, tag, sha256, login) : sha256;
      });
    return pulumi.unsecret(tagged);
  }

  /**
   * Shows what the failed step of a build printed, because the provider's error has its exit code alone. Of a build that
   * failed at a registry, it shows what to do.
   */
  private buildLog(name: string, context: string, registry: Registry): pulumi.ErrorHook {
    const start = Date.now();
    return new pulumi.ErrorHook(`${name}-build-log`, async ({ errors: [error = ""] }) => {
      const message = (await registryFault(error, registry)) ?? (await failedStep(context, start));
      if (message !== undefined) {
        await pulumi.log.error(message, this);
      }
      return false;
    });
  }
}

/** The logins that a build gets. Docker's own is no input of it, and therefore not in Pulumi's state. */
function registriesOf({ host, dockerLogin }: Registry, { username, password }: Credentials) {
  return dockerLogin ? [] : [{ address: host, username, password }];
}

const pinnedAdvice =
  "If it isn't there any more, push it again, or choose another one with pulumi config set image REPOSITORY@DIGEST.";

function contentAdvice(tag: string | undefined): string {
  return `If it is incomplete, delete the tag ${tag} from the registry: pulumi up then builds it again.`;
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
  const remedies = reason.includes("401 Unauthorized")
    ? [login]
    : reason.includes("403 Forbidden")
      ? [login, advice]
      : [advice];
  return [`the image ${image} can't be read back from its registry: ${reason}`, ...remedies].join("\n");
}

/**
 * A tag for the look-up. Without a tag, it takes `@sha256` for a part of the name. The look-up reads the digest, so the
 * tag needn't exist.
 */
const anyTag = "pinned";
