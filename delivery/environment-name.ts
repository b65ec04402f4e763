import { Failure } from "../infra/base";

/** The stack of a pull request's environment, `pr-12`: no two requests of a repository share a number. */
export function pullRequestStack(number: string): string {
  if (!/^[1-9]\d{0,17}$/.test(number)) {
    throw new Failure(`${JSON.stringify(number)} is no pull request's number`);
  }
  return `pr-${number}`;
}
