import type { Container } from "./objects";

/** A cause as the cluster's words show it, and a sentence or two about it with the config key to change. */
type Rule<Facts> = readonly [RegExp, (facts: Facts, ...groups: string[]) => string];

function firstOf<Facts>(rules: readonly Rule<Facts>[], text: string, facts: Facts): string | undefined {
  for (const [pattern, says] of rules) {
    const match = pattern.exec(text);
    if (match !== null) {
      return says(facts, ...match.slice(1).map((group: string | undefined) => group ?? ""));
    }
  }
  return undefined;
}

/** How many characters of a container's last words stand in its cause. */
const shownWords = 200;

/** A container and what is known of its pod. */
interface ContainerFacts {
  readonly container: Container;
  /** The user that the pod runs as; undefined for the image's. */
  readonly user: number | undefined;
}

const userOf = ({ user }: ContainerFacts) => (user === undefined ? "the image's user" : `user ${user}`);

/** Why a container ended by itself. The text is the reason, a space, and the last lines. */
const endings: readonly Rule<ContainerFacts>[] = [
  [
    /^OOMKilled/,
    ({ container: { resources } }) =>
      `it used more memory than its limit, ${resources.limits["memory"] ?? "that of the node"}, so the kernel killed it (OOMKilled). Raise \`resources.limits.memory\`, or let the service use less.`,
  ],
  [
    /exec format error/,
    () =>
      "its program doesn't run on this node: `exec format error`. The `dockerfile` must build it for each of `platforms` (GOOS=$TARGETOS GOARCH=$TARGETARCH), and a script needs #! and its interpreter in its first line.",
  ],
  [
    /exec:? "?([^":]+)"?: (?:stat \S+: )?permission denied/,
    (facts, file) =>
      `${userOf(facts)} may not start ${file}: \`permission denied\`. Let the \`dockerfile\` make it executable for that user (COPY --chmod=0755).`,
  ],
  [
    /exec:? "?([^":]+)"?: (?:stat \S+: no such file|no such file|executable file not found)/,
    (_, file) =>
      `the image has no ${file}, or not the loader that it is linked to. The ENTRYPOINT in the \`dockerfile\`, or the first of \`args\` if there is none, must name a file of the image, and CGO_ENABLED=0 needs no loader.`,
  ],
  [
    /(\S+?): read-only file system/,
    (_, file) =>
      `it couldn't write ${file}: \`read-only file system\`. Only /tmp can be written: point the service there, such as by \`env\`.`,
  ],
  [
    /bind: permission denied/,
    () => "it may not listen on a port below 1024: `permission denied`. Set `port` to 1024 or above.",
  ],
  [
    /\b(?:open|mkdir|create|remove|rename|stat|lstat|chdir|chmod|unlink|fork\/exec) (\S+?): permission denied/,
    (facts, file) =>
      `${userOf(facts)} may not open ${file}: \`permission denied\`. Let the \`dockerfile\` give it to that user (COPY --chown or --chmod).`,
  ],
  [
    /no space left on device/,
    () =>
      "it ran out of disk: `no space left on device`. Raise `resources.limits.ephemeral-storage`; /tmp has half of it.",
  ],
  [
    /^Completed/,
    () =>
      "it ended by itself with exit code 0. A service serves until it is told to stop: see `args` and the ENTRYPOINT in the `dockerfile`.",
  ],
];

/** Why a container ended by itself, which it did with this reason, exit code and last lines. */
export function causeOfEnding(reason: string, exitCode: number, lastLines: string, facts: ContainerFacts): string {
  const told = /^(?:panic|fatal error): .*$/m.exec(lastLines)?.[0] ?? lastLines.trimEnd().split("\n").at(-1) ?? "";
  const said = told === "" ? "It said nothing" : `Its last words: ${told.slice(0, shownWords)}`;
  return (
    firstOf(endings, `${reason} ${lastLines}`, facts) ??
    `it ended by itself with exit code ${exitCode} (${reason}). ${said}. What it reads comes from \`env\` and \`args\`.`
  );
}

/** Why a container waits. The text is the reason, a space, and the message. */
const waits: readonly Rule<ContainerFacts>[] = [
  [
    /^(?:ErrImagePull|ImagePullBackOff) .*no match for platform/,
    ({ container: { image } }) =>
      `${image} has nothing for its node's architecture. Build it for that one: \`platforms\`.`,
  ],
  [
    /^(?:ErrImagePull|ImagePullBackOff) .*(?:not found|manifest unknown)/,
    ({ container: { image } }) =>
      `its node can't pull ${image}, which the registry doesn't have. Run pulumi up, which builds it again, or set \`image\` to one that exists.`,
  ],
  [
    /^(?:ErrImagePull|ImagePullBackOff) .*(?:\b40[13]\b|[Uu]nauthorized|[Ff]orbidden|denied|no basic auth|authorization failed)/,
    ({ container: { image } }) =>
      `its node may not pull ${image}. Set \`registry.username\` and \`registry.password\`; a node on AWS pulls with its own role, for another account by \`registry.ecr.pullAccounts\`.`,
  ],
  [
    /^(?:ErrImagePull|ImagePullBackOff)/,
    ({ container: { image } }) =>
      `its node can't pull ${image}. The registry of \`registry.url\`, or of \`image\`, must be reachable from the nodes under this name, by TLS that they trust.`,
  ],
  [
    /^CreateContainerConfigError .*secret "([^"]+)" not found/,
    (_, secret) =>
      `the Secret ${secret} with the encrypted values of \`env\` is gone. pulumi up --refresh makes it again.`,
  ],
];

/** Why a container waits, where its reason and message name a cause. */
export function causeOfWaiting(reason: string, message: string, facts: ContainerFacts): string | undefined {
  const text = `${reason} ${message.replaceAll("\n", " ")}`;
  // Some runtimes say so of a program that they can't start, where containerd ends the container.
  const isStart = /^(?:CreateContainerError|RunContainerError) /.test(text);
  return firstOf(isStart ? endings : waits, text, facts);
}

/** Why no node takes a pod. The text is the scheduler's message. */
const unscheduled: readonly Rule<undefined>[] = [
  [/^no nodes available|^0\/0 nodes/, () => "The cluster of `cluster` has no node: add one."],
  [
    /Insufficient (cpu|memory|ephemeral-storage)/,
    (_, resource) =>
      `No node has enough ${resource} left. Lower \`resources.requests.${resource}\` or \`replicas\`, or add a node.`,
  ],
  [
    /node affinity\/selector/,
    () =>
      "No node has an architecture out of `platforms`. Add the nodes' one to `platforms`, or such a node to the cluster.",
  ],
  [
    /untolerated taint/,
    () =>
      "Every node has a taint that the pods don't tolerate. Take it off a node of `cluster`, or add a node without one.",
  ],
  [/Too many pods/, () => "Every node has as many pods as it may. Lower `replicas`, or add a node."],
];

/** Why no node takes a pod. */
export function causeOfNoNode(message: string): string {
  const said = message.replace(/ preemption: .*$/, "").replace(/\.$/, "");
  return `no node takes the pod: ${said}. ${firstOf(unscheduled, message, undefined) ?? ""}`.trim();
}

/** Why the API server refuses a pod. The text is its message. */
const refusals: readonly Rule<undefined>[] = [
  [
    /exceeded quota: (\S+),/,
    (_, quota) =>
      `The quota ${quota} leaves no room for one more pod, which an update needs beside the old ones. Raise \`quota\`, or lower \`resources.limits\` or \`replicas\`.`,
  ],
  [/failed quota: (\S+):/, (_, quota) => `The quota ${quota} asks for limits: set them in \`resources.limits\`.`],
  [
    /maximum (cpu|memory|ephemeral-storage) usage per|minimum (cpu|memory|ephemeral-storage) usage per/,
    (_, most, least) => `The namespace has limits of its own: set \`resources.limits.${most || least}\` within them.`,
  ],
];

/** Why the API server refuses a pod. */
export function causeOfRefusal(message: string): string {
  return `the cluster refuses the pod: ${message}. ${firstOf(refusals, message, undefined) ?? ""}`.trim();
}

/** Why a pod was evicted. */
export function causeOfEviction(message: string): string {
  const resource = /ephemeral|disk/i.test(message) ? "ephemeral-storage" : "memory";
  return `its node evicted the pod: ${message.trim()} Raise \`resources.requests.${resource}\` and \`resources.limits.${resource}\`.`;
}
