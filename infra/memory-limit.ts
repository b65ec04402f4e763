import { parseQuantity } from "./quantity";

/** Go's own guide recommends 5 to 10 % of headroom for memory that its runtime doesn't know of: https://go.dev/doc/gc-guide */
const percent = 90;

/**
 * `GOMEMLIMIT` for a container with this memory limit, a Kubernetes quantity: 90 % of it in bytes, which Go's garbage
 * collector then works to stay below. Undefined if the limit isn't a quantity that {@link parseQuantity} reads: Go then
 * has no limit.
 */
export function goMemoryLimit(memory: string): string | undefined {
  const bytes = parseQuantity(memory);
  return bytes === undefined ? undefined : String(Math.floor((bytes * percent) / 100));
}
