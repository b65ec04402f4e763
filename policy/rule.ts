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

/** What of the rules differs between stacks: the file of `--policy-pack-config`. */
export interface Settings {
  /**
   * Registries, or paths in them, that images may come from and go to: `host[:port][/path]`, where `*` stands for a part of
   * the host's name, `*.dkr.ecr.*.amazonaws.com`.
   */
  readonly registries: readonly string[];
}

/** The sandbox's registry, and ECR in any account and region. */
export const defaultSettings: Settings = { registries: ["localhost:15000", "*.dkr.ecr.*.amazonaws.com"] };
