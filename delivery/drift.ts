import { codeSpan } from "./markdown";
import { changes, parsePreview, type Preview } from "./preview";
import { longestBody, renderPreview } from "./render";

/** The first line of the one issue about drift. */
export const driftMarker = "<!-- pulumi drift -->";

/** The title of that issue. */
export const driftTitle = "Drift: what runs differs from what the stacks say";

/** Stack → what `pulumi preview --refresh --json` wrote. */
export type Refreshed = Readonly<Record<string, string>>;

/**
 * The body of the issue about the stacks that have drifted, or whose preview failed: nobody knows then whether they have.
 * Undefined where all is as it should be.
 *
 * @throws Failure where an output isn't a preview's.
 */
export function renderDrift(refreshed: Refreshed): string | undefined {
  const drifted = Object.entries(refreshed)
    .map(([stack, output]) => ({ stack, preview: parsePreview(output) }))
    .filter(({ preview }) => hasDrifted(preview) || preview.diagnostics.some((each) => each.severity === "error"));
  if (drifted.length === 0) {
    return undefined;
  }
  const head = [
    driftMarker,
    "Somebody or something changed these resources, or what they were made from, since the last deployment.",
    "`-` is what runs, `+` what the stack says: deploy the stack again, or change it to what runs.",
  ].join("\n");
  const room = (longestBody - head.length) / drifted.length;
  return [
    head,
    ...drifted.map(({ stack, preview }) => {
      const title = `### ${codeSpan(stack)}`;
      return `${title}\n\n${renderPreview(preview, room - title.length - 4)}`;
    }),
  ].join("\n\n");
}

/** A refresh reports an object that isn't ready as an update without a difference, which is no drift. */
function hasDrifted(preview: Preview): boolean {
  return changes(preview).some(({ op, properties }) => op !== "update" || properties.length > 0);
}
