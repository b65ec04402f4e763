import { createHash } from "node:crypto";
import { Failure } from "../infra/failure";

/** The stack of a pull request's environment, `pr-12`: no two requests of a repository share a number. */
export function pullRequestStack(number: string): string {
  if (!/^[1-9]\d{0,17}$/.test(number)) {
    throw new Failure(`${JSON.stringify(number)} is no pull request's number`);
  }
  return `pr-${number}`;
}

/** Letters and digits of a branch's name that are kept for the reader, and of the hash that tells branches apart. */
const [kept, hashed] = [16, 26];

/**
 * The stack of a branch's environment, such as `br-fix-login-…`: at most 46 of a-z, 0-9 and `-`, so that the namespace
 * `<project>-<stack>` stays a DNS label (63) without being shortened.
 *
 * Every name carries 130 bits of the branch's SHA-256, also where it fits as it is: branch names are case-sensitive and may
 * hold any character, stack names and namespaces may not, and whoever can push a branch chooses its name. Two that agree
 * can't be found. The prefix keeps them apart from {@link pullRequestStack} and from every other stack.
 */
export function branchStack(branch: string): string {
  if (branch === "") {
    throw new Failure("the name of a branch can't be empty");
  }
  const slug = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, kept)
    .replace(/-$/, "");
  const digest = createHash("sha256").update(branch).digest("hex");
  const hash = BigInt(`0x${digest}`).toString(36).padStart(50, "0").slice(-hashed);
  return ["br", ...(slug === "" ? [] : [slug]), hash].join("-");
}
