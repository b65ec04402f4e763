import { z } from "zod";
import type { Cluster } from "./cluster";
import { getFromApi } from "./ask-api";

/** A kind of objects, as the API server lists it. */
interface ApiResource {
  /** Group and version, such as `monitoring.coreos.com/v1`. */
  readonly api: string;
  /** Name in the plural, such as `podmonitors`. */
  readonly resource: string;
}

const list = z.object({ resources: z.array(z.object({ name: z.string() })) });

/** Whether a cluster has a kind of objects. Any user may ask. @throws Failure if the cluster can't be asked. */
export async function hasResource(cluster: Cluster, { api, resource }: ApiResource): Promise<boolean> {
  const answer = await getFromApi(cluster, `/apis/${api}`, `whether it has ${resource}`);
  return answer !== undefined && list.parse(JSON.parse(answer)).resources.some(({ name }) => name === resource);
}
