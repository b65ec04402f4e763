import type { Run } from "./command";
import type { GitHub } from "./github";
import { stackNames } from "./pull-request";

/**
 * The numbers of the closed pull requests whose environments are still there. A request that conflicts with its base gets no
 * run when it closes, so nothing has removed its environment.
 */
export async function leftOver(run: Run, github: Pick<GitHub, "pullRequestState">): Promise<readonly number[]> {
  const numbers = (await stackNames(run)).flatMap((name) => {
    const [, number] = /^pr-([1-9]\d*)$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const states = await Promise.all(numbers.map((number) => github.pullRequestState(number)));
  return numbers.filter((_, index) => states[index] === "closed");
}
