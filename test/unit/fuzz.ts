import fc from "fast-check";
import { Failure } from "../../common";

/** How many inputs are tried: a fraction of a second in `npm test`. By hand, FUZZ_RUNS=100000 takes minutes. */
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 100);

/** Asserts that no input makes a reader throw anything but a {@link Failure}, which is a message to the user. */
export function neverThrows<T>(inputs: fc.Arbitrary<T>, read: (input: T) => void): void {
  fc.assert(
    fc.property(inputs, (input) => {
      try {
        read(input);
      } catch (error) {
        if (!(error instanceof Failure)) {
          throw error;
        }
      }
    }),
    { numRuns },
  );
}
