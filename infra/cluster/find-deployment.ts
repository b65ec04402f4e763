import { z } from "zod";
import { Failure, type OwnResource } from "../../common";
import type { Cluster } from "./cluster";
import { askApi } from "./ask-api";

const object = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

/** An object of the cluster, with all its fields. */
export type ClusterObject = z.infer<typeof object>;

/** The Kubernetes provider's setting by which an update takes over what is there (docs/operations.md). */
const takeOver = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS";

/**
 * Finds the Deployment that a stack has in the cluster. Undefined if there is none, or if the user may not read it.
 *
 * This is the first question that the cluster gets with the user's login. Without it, the Kubernetes provider would wait for
 * ever for a login that is missing, and a preview would pass with a wrong one.
 *
 * @param own What the stack has recorded. Only that tells whether the namespace is the stack's: two stacks' names may meet,
 * and two people's stacks may have the same name. The second would change the first one's service, and remove it with its own.
 * @throws Failure if the cluster accepts no login, or if it has the namespace and the stack hasn't made it.
 */
export async function findDeployment(
  cluster: Cluster,
  own: readonly OwnResource[],
  namespace: string,
  name: string,
): Promise<ClusterObject | undefined> {
  const find = async (path: string) => {
    const answer = await askApi(cluster, path, "what it has of this stack");
    return answer.kind === "found" ? object.parse(JSON.parse(answer.text)) : undefined;
  };
  if (recordOf(own, "kubernetes:core/v1:Namespace", namespace) !== undefined) {
    return find(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  }
  const found = await find(`/api/v1/namespaces/${namespace}`);
  if (found !== undefined && process.env[takeOver] !== "true") {
    throw new Failure(
      `the cluster has a namespace ${namespace} already, and this stack didn't make it. Another stack may have it: choose ` +
        "another name for the service (ping:name), or for the stack. If an update of this stack was killed, or if nobody " +
        `needs what the namespace holds, ${takeOver}=true pulumi up takes it over.`,
    );
  }
  return undefined;
}

/** What a stack has recorded of an object of the cluster. Undefined if it has recorded none of that type and name. */
export function recordOf(own: readonly OwnResource[], type: string, name: string): ClusterObject | undefined {
  return own
    .filter((resource) => resource.type === type)
    .map(({ outputs }) => object.safeParse(outputs).data)
    .find((recorded) => recorded?.metadata.name === name);
}
