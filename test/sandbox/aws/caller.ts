/** Who asks something of AWS. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
  /** The role that was assumed, by its name. Undefined for a person, who may do everything in the account. */
  readonly role: string | undefined;
}

/**
 * The caller whom AWS calls so.
 *
 * @param people Names of the roles by which people take on an account.
 */
export function callerOf(arn: string, people: readonly string[]): Caller {
  const [, account = "", role] = /^arn:[^:]+:\w+::(\d*):(?:assumed-role\/([^/]+)\/)?/.exec(arn) ?? [];
  return { account, arn, role: role === undefined || people.includes(role) ? undefined : role };
}

/** How policies may name a caller. */
export function principalsOf({ account, role }: Caller): string[] {
  const root = `arn:aws:iam::${account}:root`;
  return role === undefined ? [root] : [root, `arn:aws:iam::${account}:role/${role}`];
}
