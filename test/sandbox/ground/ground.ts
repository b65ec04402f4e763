/** A Service of the cluster. */
export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

/** What the sandbox stands on: it brings a registry, a builder and a cluster, with the same names and ports on each. */
export interface Ground {
  readonly name: "docker" | "standalone";
  /** Whether it is up and was brought up completely. */
  readonly isUp: () => Promise<boolean>;
  /** Brings it up, or leaves nothing of it. What was stopped since, by a reboot for example, is started again. */
  readonly up: (signal: AbortSignal) => Promise<void>;
  /** What a command in the sandbox sees beside what is the same on each ground. */
  readonly variables: () => NodeJS.ProcessEnv;
  /** Leads the machine's service port to a Service, and waits until `answers` resolves. */
  readonly openService: (name: ServiceName, answers: () => Promise<void>, signal: AbortSignal) => Promise<void>;
  /** Removes all that `up` made, its caches only if asked to. Does nothing when there is nothing. */
  readonly down: (options: { purge: boolean }) => Promise<void>;
  /** The arguments that run a command on the cluster's first node, in whose network Services have their addresses. */
  readonly inNode: (argv: readonly string[]) => [string, ...string[]];
}
