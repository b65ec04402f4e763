import { type Caller, principalsOf } from "./caller";
import { decide } from "./policy-decision";

/** A call of a job's role, and what its policies said. */
export interface Call {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
}

/** The policies that are registered, as JSON. */
export interface Policies {
  /** Those in a role. The roles of jobs have no other ones. */
  ofRole(account: string, role: string): Promise<readonly string[]>;
  /** Those of a repository, one at most. */
  ofRepository(account: string, name: string): Promise<readonly string[]>;
}

/** Says why a caller may not do something, undefined if the caller may. */
export type Authorize = (caller: Caller, action: string, resource: string) => Promise<string | undefined>;

/**
 * Decides as AWS does: by the policies that are registered for the caller's role and, for a repository, by the repository's
 * own. Either is enough in one account, and both are needed from another one.
 *
 * @param record Gets every call of a role.
 */
export function authorization(policies: Policies, record: (call: Call) => void): Authorize {
  return async (caller, action, resource) => {
    const [account, principal = account] = principalsOf(caller);
    const context = principal === undefined ? {} : { "aws:PrincipalArn": principal };
    const wish = { action, resource, principals: principalsOf(caller), context };
    const [, owner, name = ""] = /^arn:aws:ecr:[^:]+:(\d+):repository\/(.+)$/.exec(resource) ?? [];
    const [inRole, atRepository] = await Promise.all([
      caller.role === undefined ? undefined : policies.ofRole(caller.account, caller.role),
      owner === undefined ? [] : policies.ofRepository(owner, name),
    ]);
    const own = inRole === undefined ? "allow" : decide(inRole, wish);
    const attached = decide(atRepository, wish);
    const enough =
      owner === undefined || owner === caller.account
        ? own === "allow" || attached === "allow"
        : own === "allow" && attached === "allow";
    const allowed = enough && own !== "deny" && attached !== "deny";
    if (caller.role !== undefined) {
      record({ role: caller.role, action, resource, allowed });
    }
    const why = [own, attached].includes("deny") ? "a policy denies it" : "no policy allows it";
    return allowed
      ? undefined
      : `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}, because ${why}`;
  };
}
