import type { TestContext } from "node:test";
import { commandsIn } from "./commands";
import { setVariable } from "./variables";

/** Puts a shell script in the place of kubectl until the test ends. It is the only program on PATH beside the system's own. */
export function useKubectl(t: TestContext, script: string): void {
  setVariable(t, "PATH", `${commandsIn(t, { kubectl: script })}:/usr/bin:/bin`);
}

/** What a cluster with the Prometheus operator answers. */
export const withPodMonitors = `echo '{"resources":[{"name":"podmonitors"},{"name":"servicemonitors"}]}'`;

/** What one without it answers. */
export const without =
  "echo 'Error from server (NotFound): the server could not find the requested resource' >&2; exit 1";

/** What a cluster answers about a stack that has nothing in it. Whatever else it answers comes after this. */
export const nothingDeployed = `case "$*" in *" /api/v1/namespaces/"* | */deployments/*) ${without};; esac\n`;

/** What a cluster answers of an HTTPRoute that its Gateway has accepted. */
export const acceptedRoute = JSON.stringify({
  metadata: { generation: 1 },
  status: {
    parents: [
      {
        conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
          ...{ type, status: "True", reason: type, message: "", observedGeneration: 1 },
        })),
      },
    ],
  },
});
