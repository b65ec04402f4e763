import { currentGround } from "../sandbox/choose-ground";
import type { Ground } from "../sandbox/ground/ground";

/** For node:test's `skip`: why a suite can't run on the ground of this sandbox, or false where it can. */
export function needs(ground: Ground["name"], why: string): string | false {
  const current = currentGround()?.name ?? ground;
  return current === ground ? false : `${why}: start the sandbox ${ground === "docker" ? "in" : "without"} Docker`;
}
