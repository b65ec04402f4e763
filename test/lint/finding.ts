import type { LintWaiver } from "../../infra/service";

/** Something that a checker objects to. */
export interface Finding {
  readonly checker: string;
  /** As the checker calls it. */
  readonly rule: string;
  /** `Kind/name` of an object, or `file:line`. */
  readonly object: string;
  readonly message: string;
}

/** Findings, told apart by whether a waiver names them, and the waivers that name none. */
interface Verdict {
  readonly open: readonly Finding[];
  readonly waived: readonly { readonly finding: Finding; readonly reason: string }[];
  readonly needless: readonly LintWaiver[];
}

/** The kinds of objects that waivers are for: those that carry their annotation. */
const waivable = /^(?:Deployment|CronJob|Job)\//;

/** Holds findings, of which several may say the same, against the waivers. */
export function judge(findings: readonly Finding[], waivers: readonly LintWaiver[]): Verdict {
  const distinct = [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
  const judged = distinct.map((finding) => ({ finding, waiver: waivers.find((each) => names(each, finding)) }));
  return {
    open: judged.filter(({ waiver }) => waiver === undefined).map(({ finding }) => finding),
    waived: judged.flatMap(({ finding, waiver }) => (waiver ? [{ finding, reason: waiver.reason }] : [])),
    needless: waivers.filter((each) => !distinct.some((finding) => names(each, finding))),
  };
}

function names({ checker, rule }: LintWaiver, finding: Finding): boolean {
  return checker === finding.checker && rule === finding.rule && waivable.test(finding.object);
}

/** A line for a finding. */
export const format = ({ checker, rule, object, message }: Finding): string =>
  `${checker}  ${rule}  ${object}: ${message}`;
