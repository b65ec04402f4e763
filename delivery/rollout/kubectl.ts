import type { Command } from "../run";
import type { Deployment } from "./deployment";

/** A kubectl command in a Deployment's namespace. Its API server gets 10 s to answer. */
export function kubectl({ namespace }: Pick<Deployment, "namespace">, context: string | undefined) {
  const chosen = context === undefined ? [] : ["--context", context];
  return (...args: string[]): Command => [
    "kubectl",
    ...chosen,
    "--namespace",
    namespace,
    "--request-timeout=10s",
    ...args,
  ];
}
