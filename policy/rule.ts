/** Properties of a resource, as they were given to it. */
export type Properties = Readonly<Record<string, unknown>>;

/** What is to be kept to by every resource that it applies to. */
export interface Rule {
  /** Name of the policy, in Pulumi's output. */
  readonly name: string;
  /** What it asks for, and why. */
  readonly description: string;
  /** What is wrong with a resource, each as a sentence; nothing with one that it doesn't apply to. */
  readonly violations: (type: string, properties: Properties, settings: Settings) => string[];
}

/** What of the rules differs between stacks. */
export interface Settings {
  /**
   * Registries, or paths in them, that images may come from and go to: `host[:port][/path]`, where `*` stands for a part of
   * the host's name. The stack's own repository is always one. List others in {@link defaultSettings}, or for a single
   * command in the file of `--policy-pack-config` (docs/delivery.md).
   */
  readonly registries: readonly string[];
  /** AWS accounts whose registries in ECR are allowed too, in every region. The stack's `aws:allowedAccountIds` give them, and its registry. */
  readonly accounts: readonly string[];
  /** The end of the names of AWS's hosts in the accounts' partition. */
  readonly awsDomain: string;
}

/** What every stack allows. The pack adds what the stack's own resources say. */
export const defaultSettings: Settings = {
  registries: [],
  accounts: [],
  awsDomain: "amazonaws.com",
};
