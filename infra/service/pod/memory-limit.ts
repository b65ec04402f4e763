import { parseQuantity } from "../../../common";

/** Go's guide recommends 5 to 10 % of headroom for memory outside the runtime: https://go.dev/doc/gc-guide */
const percent = 90;

/**
 * `GOMEMLIMIT` in bytes: 90 % of a container's memory limit. Go's garbage collector works to stay below it.
 *
 * @param memory The limit, a Kubernetes quantity. The result is undefined if {@link parseQuantity} can't read it.
 */
export function goMemoryLimit(memory: string): string | undefined {
  const bytes = parseQuantity(memory);
  return bytes === undefined ? undefined : String(Math.floor((bytes * percent) / 100));
}
