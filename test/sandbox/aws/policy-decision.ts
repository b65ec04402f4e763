/** A statement of a policy, in the elements that AWS has and this project uses. */
interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What somebody asks to do. */
interface Wish {
  /** `service:Name`. */
  readonly action: string;
  /** ARN of what it is done to, or `*`. */
  readonly resource: string;
  /** How a policy may name whoever asks. Policies of a role have no principal. */
  readonly principals?: readonly string[];
  /** The values that conditions compare, by their keys. */
  readonly context?: Readonly<Record<string, string>>;
}

const elements = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];

/** How a condition compares a value of the wish, which may be absent, with those of the policy. */
const operators: Readonly<Record<string, (value: string | undefined, wanted: readonly string[]) => boolean>> = {
  StringEquals: (value, wanted) => value !== undefined && wanted.includes(value),
  StringLike: (value, wanted) => value !== undefined && wanted.some((each) => like(each).test(value)),
  // An absent value equals nothing.
  ArnNotEquals: (value, wanted) => !wanted.some((each) => value !== undefined && like(each).test(value)),
};

/**
 * What policies say about a wish. One that denies outweighs all that allow. Undefined if none says anything.
 *
 * @param policies As JSON.
 * @throws Error for an element or a condition that isn't evaluated here.
 */
export function decide(policies: readonly string[], wish: Wish): "allow" | "deny" | undefined {
  const effects = policies
    .flatMap((text) => (JSON.parse(text) as { Statement: readonly Statement[] }).Statement)
    .filter((statement) => applies(statement, wish))
    .map(({ Effect: effect }) => effect);
  return effects.includes("Deny") ? "deny" : effects.includes("Allow") ? "allow" : undefined;
}

function applies(statement: Statement, { action, resource, principals, context = {} }: Wish): boolean {
  const unknown = Object.keys(statement).find((key) => !elements.includes(key));
  if (unknown !== undefined) {
    throw new Error(`the sandbox's AWS doesn't evaluate ${unknown}, of ${JSON.stringify(statement)}`);
  }
  const { Principal: principal, Action: actions, Resource: resources = "*", Condition: conditions = {} } = statement;
  return (
    list(actions).some((each) => like(each, "i").test(action)) &&
    list(resources).some((each) => like(each).test(resource)) &&
    (principal === undefined || principal === "*" || names(principal, principals ?? [])) &&
    Object.entries(conditions).every(([operator, wanted]) => fulfils(operator, wanted, context))
  );
}

function names(principal: Exclude<Statement["Principal"], "*" | undefined>, principals: readonly string[]): boolean {
  return Object.values(principal).some((arns) => list(arns).some((arn) => principals.includes(arn)));
}

function fulfils(
  operator: string,
  wanted: Readonly<Record<string, string | readonly string[]>>,
  context: Readonly<Record<string, string>>,
): boolean {
  const compare = operators[operator];
  if (compare === undefined) {
    throw new Error(`the sandbox's AWS doesn't evaluate the condition ${operator}`);
  }
  return Object.entries(wanted).every(([key, values]) => compare(context[key], list(values)));
}

const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

/** The wildcards of policies: `*` and `?`. */
function like(pattern: string, flags = ""): RegExp {
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, flags);
}
