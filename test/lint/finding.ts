import type { Exception } from "../../infra/exceptions";

/** Something that a checker objects to. */
export interface Finding {
  readonly checker: string;
  /** As the checker calls it. */
  readonly rule: string;
  /** `Kind/name` of an object, or `file:line`. */
  readonly object: string;
  readonly message: string;
}

/** Findings, told apart by whether an exception names them, and the exceptions that name none. */
export interface Verdict {
  readonly open: readonly Finding[];
  readonly excused: readonly { readonly finding: Finding; readonly reason: string }[];
  readonly needless: readonly Exception[];
}

/** The kind of object that exceptions are for: the one that carries their annotation. */
const excusable = /^Deployment\//;

/** Holds findings, of which several may say the same, against the exceptions. */
export function judge(findings: readonly Finding[], exceptions: readonly Exception[]): Verdict {
  const distinct = [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
  const judged = distinct.map((finding) => ({ finding, exception: exceptions.find((each) => names(each, finding)) }));
  return {
    open: judged.filter(({ exception }) => exception === undefined).map(({ finding }) => finding),
    excused: judged.flatMap(({ finding, exception }) => (exception ? [{ finding, reason: exception.reason }] : [])),
    needless: exceptions.filter((each) => !distinct.some((finding) => names(each, finding))),
  };
}

function names({ checker, rule }: Exception, finding: Finding): boolean {
  return checker === finding.checker && rule === finding.rule && excusable.test(finding.object);
}

/** A line for a finding. */
export const format = ({ checker, rule, object, message }: Finding): string =>
  `${checker}  ${rule}  ${object}: ${message}`;
