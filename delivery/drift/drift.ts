import { changes, codeSpan, longestBody, notRun, parsePreview, type Preview, renderPreview } from "../preview";

/** The first line of the one issue about drift. */
export const driftMarker = "<!-- pulumi drift -->";

/** The title of that issue. */
export const driftTitle = "Drift: what runs differs from what the stacks say";

/** Stack → what `pulumi preview --refresh --json` wrote. */
type Refreshed = Readonly<Record<string, string>>;

/**
 * The body of the issue about the stacks that have drifted, or whose preview failed or didn't run: nobody knows then whether
 * they have. One stack without a preview hides no other's drift. Undefined where every stack is as its last good release left it.
 */
export function renderDrift(refreshed: Refreshed): string | undefined {
  const drifted = Object.entries(refreshed)
    .map(([stack, output]) => ({ stack, preview: parsePreview(output) }))
    .filter(({ preview }) => preview === undefined || hasDrifted(preview) || hasFailed(preview));
  if (drifted.length === 0) {
    return undefined;
  }
  const head = [
    driftMarker,
    "Somebody or something changed these resources since the last good release, or they can't be looked at.",
    "`-` is what runs, `+` what the release says: release the stack again, or change the program to what runs.",
  ].join("\n");
  const room = (longestBody - head.length) / drifted.length;
  return [
    head,
    ...drifted.map(({ stack, preview }) => {
      const title = `### ${codeSpan(stack)}`;
      const shown = preview === undefined ? notRun : renderPreview(preview, room - title.length - 4);
      return `${title}\n\n${shown}`;
    }),
  ].join("\n\n");
}

function hasFailed({ diagnostics }: Preview): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** A refresh plans an update without a difference for an object that isn't ready. That is no drift. */
function hasDrifted(preview: Preview): boolean {
  return changes(preview).some(({ op, properties }) => op !== "update" || properties.length > 0);
}
