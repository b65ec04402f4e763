import { Failure } from "../infra/base";

/** The stack of a pull request's environment, such as `pr-12`. @throws Failure where the number isn't one. */
export function pullRequestStack(number: string): string {
  if (!/^[1-9]\d{0,17}$/.test(number)) {
    throw new Failure(`${JSON.stringify(number)} isn't a pull request's number`);
  }
  return `pr-${number}`;
}
