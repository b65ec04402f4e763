import { z } from "zod";
import { isDnsLabel, knownPlatforms, parsePinned } from "../../common";
import { isCidr } from "./cidr";
import {
  bases,
  build,
  cluster,
  defaultHealthPath,
  type eks,
  environment,
  expose,
  github,
  grpcHealth,
  path,
  podRole,
  quota,
  registry,
  resources,
  stack,
} from "./keys";
import { awsAccountId, integer, matching, object, parsed, scalar, text, value } from "./readers";

const platform = value(`one of ${knownPlatforms.join(", ")}`, (input) =>
  knownPlatforms.find((known) => known === input),
);

const platforms = z
  .array(platform, { error: "be a list of platforms" })
  .min(1, "name at least one platform")
  .refine((list) => new Set(list).size === list.length, "name each platform once");

const count = value("a whole number from 1 on", integer(1, Number.MAX_SAFE_INTEGER));

const replicas = object({ min: count.prefault(2), max: count.prefault(10) }).superRefine(({ min, max }, context) => {
  if (max < min) {
    context.addIssue({ code: "custom", path: ["max"], message: `be at least replicas.min, ${min}` });
  }
});

/**
 * Limits and default of `progressDeadline` in seconds. A small service that a node first has to pull needs the minimum.
 * A failing rollout ends after twice the value: by default after 4 minutes, where the provider itself would take 10.
 */
export const progressDeadlines = { min: 20, max: 3600, default: 120 };

const { min: shortest, max: longest } = progressDeadlines;
const progressDeadline = value(`a whole number of seconds from ${shortest} to ${longest}`, integer(shortest, longest));
const startDeadline = value("a whole number of seconds from 1 on", integer(1, longest));
const port = value("a whole number from 1 to 65535", integer(1, 65535));

const egress = z.array(
  object({
    cidr: value(
      "a network in CIDR notation with no bits set behind its prefix, such as 10.0.0.0/8, 192.0.2.7/32 or 2001:db8::/32",
      parsed((given) => (isCidr(given) ? given : undefined)),
    ),
    ports: z
      .array(port, { error: "be a list of TCP ports" })
      .min(1, "name at least one port; without ports, every port is allowed")
      .optional(),
  }),
  { error: "be a list of objects with the keys cidr, ports" },
);

const metrics = object({ path, port: port.optional() });

const args = z.array(value("a string (in quotes if YAML reads something else)", scalar), {
  error: "be a list of strings",
});

const withArgs = object({ args: args.min(1, "name at least one argument") });

/**
 * Every config key: what is allowed, its default, and what docs/configuration.md and Pulumi.yaml say of it, which
 * `npm run generate` writes. `unset` is their word for a key without a default.
 */
export const schema = object({
  name: value(
    "a DNS label: up to 63 letters a-z, digits and -, first a letter, last no -",
    parsed((given) => (isDnsLabel(given) ? given : undefined)),
  )
    .optional()
    .meta({
      description:
        "name of the service: of the Service, the namespace `<name>-<stack>` and everything else, so that one project deploys several services, a stack each. A change makes all of it anew under the new name, then removes the old",
      unset: "the project's name",
    }),
  app: value("a path", text).prefault("./app").meta({ description: "directory of a Go service with a Dockerfile" }),
  dockerfile: value("a path", text)
    .optional()
    .meta({ description: "another Dockerfile for the service", unset: "`<app>/Dockerfile`" }),
  platforms: platforms.prefault(["linux/amd64", "linux/arm64"]).meta({
    description: `what to build for, and what the pushed index must hold, out of ${knownPlatforms.join(", ")}; pods land only on such nodes`,
  }),
  builder: value("the name of a buildx builder", text)
    .optional()
    .meta({ description: "name of an existing buildx builder", unset: "the provider's own choice" }),
  bases: bases.prefault({}).meta({
    description:
      "image of a `FROM` line → where it comes from, such as a pull-through cache or a mirror: `host[:port]/path[:tag]`, by default with the same tag",
  }),
  build: build.prefault({}).meta({
    description:
      "`{args?, secrets?, ssh?, contexts?, target?}` for the Dockerfile: `args`, name → text; `secrets`, id of a `RUN --mount=type=secret` → encrypted text; `ssh`, ids of `RUN --mount=type=ssh`, which get the SSH agent; `contexts`, name in `FROM` or `COPY --from` → directory or image (`docker-image://…`) in its place; `target`, the stage to build, by default the last one",
  }),
  rebuild: value("any text", text).optional().meta({
    description: "any text, such as a date; a change of it builds the same source under another tag",
    unset: "none",
  }),
  registry: registry.optional().meta({
    description:
      "`host[:port]/path` of an existing registry, or `{url, username?, password?}` with a login that pods pull with too (docs/operations.md#private-registries), or a repository in ECR, `{ecr: {repository?, adopt?, protect?, forceDelete?, expireAfter?, pullAccounts?}}`; `expireAfter`: days after its push when ECR deletes an image, by default never; `pullAccounts`: numbers of the other AWS accounts that may pull, by default none",
    unset: "required, unless `image` or `imageFrom` is set",
  }),
  image: value(
    "an image by digest, host[:port]/path@sha256:<64 hex digits>: a tag can move between two deployments",
    parsed(parsePinned),
  )
    .optional()
    .meta({
      description:
        "`host[:port]/path@sha256:…`, deployed as it is: nothing is built, its platforms are still checked. It goes before `imageFrom`",
      unset: "none",
    }),
  imageFrom: stack.optional().meta({
    description:
      "a stack, `[[organization/]project/]stack`, whose output `image` is deployed as it is: nothing is built, its platforms are still checked",
    unset: "none",
  }),
  cluster: cluster.meta({
    description:
      "a context of the kubeconfig, by its name or as `{context}`, or `{eks: {name, profile?, role?}}`, or `{stack}`, a stack that exports `kubeconfig`",
    unset: "required",
  }),
  port: port.prefault(8080).meta({ description: "port that the service listens on; it gets the number in `PORT`" }),
  healthPath: path.prefault(defaultHealthPath).meta({
    description:
      "path of the startup, readiness and liveness probes, which wait 5 s for an answer (docs/operations.md)",
  }),
  livenessPath: path.optional().meta({
    description: "another path for the liveness probe, whose failure restarts the container",
    unset: "`healthPath`",
  }),
  grpcHealth: grpcHealth.optional().meta({
    description:
      "`{service?}`: the probes ask `grpc.health.v1.Health` on `port` for this service, by default for the whole server, in place of a path over HTTP; `{}` is enough",
    unset: "none",
  }),
  args: args.prefault([]).meta({ description: "the container's arguments, by default those of the image (its `CMD`)" }),
  env: environment.prefault({}).meta({
    description:
      "other environment variables, in whose values `{stack}` is the stack's name; encrypted ones go into a Secret (docs/operations.md); `GOMEMLIMIT` is 90 % of the memory limit unless it is set here. A stack's whole config may have 128 KiB",
  }),
  replicas: replicas.prefault({}).meta({
    description:
      "`{min, max}`; an autoscaler decides if they differ. Raise `min` before you turn a range into a fixed number above it: the autoscaler goes last, and its number of pods stays until the next release",
  }),
  progressDeadline: progressDeadline.prefault(progressDeadlines.default).meta({
    description: `seconds without a new pod getting ready after which Kubernetes calls a rollout failed, ${shortest} to ${longest}; \`pulumi up\` ends after twice as long, or after four times \`startDeadline\` if that is longer`,
  }),
  startDeadline: startDeadline.optional().meta({
    description:
      "seconds that a pod's start may take, from its container's start to its first healthy answer, below `progressDeadline`; then the container is restarted",
    unset: "half of `progressDeadline`",
  }),
  migrate: withArgs.optional().meta({
    description:
      "`{args}`: before the pods change, a Job runs the same image with these arguments, such as `[migrate]`, and the same environment. It runs once for each image, arguments and environment; if it fails, the release stops and the old pods serve on. It may take twice `progressDeadline`",
    unset: "none",
  }),
  onClose: withArgs.optional().meta({
    description:
      "`{args}`: before a pull request's environment is removed, a Job runs the image that it has with these arguments, such as `[drop]`, and the same environment. If it fails, the environment stays. It may take twice `progressDeadline`. `pulumi destroy` by hand doesn't run it (docs/delivery.md)",
    unset: "none",
  }),
  metrics: metrics.optional().meta({
    description:
      "`{path, port?}` where the service serves Prometheus metrics, `port` by default its own: pods get the annotations `prometheus.io/scrape`, `path` and `port`, and a cluster with the Prometheus operator a PodMonitor",
    unset: "none",
  }),
  resources: resources.prefault({}).meta({
    description:
      "compute resources of a pod: `{requests, limits}`, each `{cpu, memory, ephemeral-storage}`; `/tmp` may take half of the limit of ephemeral storage",
  }),
  quota: quota.optional().meta({
    description:
      "`{pods, cpu, memory, ephemeral-storage, objects?}`: the most that all pods of the namespace may have together, by their limits, and how many objects of each other kind it may have, such as Secrets, by default any number. An update needs room for pods and ReplicaSets of both versions",
    unset: "none",
  }),
  egress: egress.prefault([]).meta({
    description:
      "networks that the service may open connections to, beside the cluster's DNS: a list of `{cidr, ports?}`, TCP; without `ports`, every port",
  }),
  expose: expose.optional().meta({
    description:
      "how requests from outside of the cluster reach the service: `{host, from?}`, where `host` may have `{stack}`, the stack's name, with `gateway: {name, namespace}`, which makes an HTTPRoute, or `ingress: {class, tlsSecret?, annotations?}`. `from`: namespaces and networks that the network policy lets in, by default those of the controller (docs/expose.md)",
    unset: "none",
  }),
  podRole: podRole.optional().meta({
    description:
      "`{policies: [ARN…]}`: an IAM role with these policies for the pods, by EKS Pod Identity, in the output `podRole`; needs `cluster.eks`",
    unset: "none",
  }),
  github: github.optional().meta({
    description:
      "`{repository: owner/name, byName?, branch?, environments?, workflow?, previewEnvironments?, clean?: {environments?, workflow?}, adopt?}`: roles for the jobs of a GitHub repository, in the outputs `deployRole`, `previewRole` and `cleanRole` (docs/delivery.md)",
    unset: "none",
  }),
});

/**
 * The AWS provider's own keys that this program needs.
 */
export const awsSchema = z.object({
  // The form, not a list: AWS opens new regions, and refuses an unknown one itself.
  region: value("a region of AWS such as eu-central-1", matching(/^[a-z]{2,4}(?:-[a-z]+)+-\d+$/)),
  allowedAccountIds: z
    .array(awsAccountId, { error: 'be a list of account numbers of AWS, such as ["111122223333"]' })
    .min(1, "name at least one account"),
});

/** Every key's value, as the schema hands it on. */
export type Keys = z.infer<typeof schema>;
/** An EKS cluster that exists. */
export type EksConfig = z.infer<typeof eks>;
/** How the service is exposed: `gateway` or `ingress` is set. */
export type ExposeConfig = z.infer<typeof expose>;
/** The GitHub repository whose jobs deploy. */
export type GithubConfig = z.infer<typeof github>;
/** Which jobs of a GitHub repository may delete images. */
export type CleanConfig = NonNullable<GithubConfig["clean"]>;
/** How many pods run. An autoscaler decides if `min` and `max` differ. */
export type Replicas = z.infer<typeof replicas>;
/** How a Job runs the service's image before the pods change. */
export type Migrate = z.infer<typeof withArgs>;
/** How a Job runs the service's image before a pull request's environment is removed. */
export type OnClose = z.infer<typeof withArgs>;
/** Compute resources of a container. */
export type Resources = z.infer<typeof resources>;
/** The most that all pods of a namespace may have together, and the most objects of each kind in it. */
export type Quota = z.infer<typeof quota>;
/** A network that the service may open connections to. */
export type Egress = z.infer<typeof egress>[number];
