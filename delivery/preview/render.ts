import { formatPath } from "../../common";
import { type PropertyChange, secret, unknown } from "./diff";
import { codeBlock, codeSpan, details } from "./markdown";
import { type Base, bases, changes, type Images, images, type Preview, type ResourceChange } from "./preview";

/** The longest body that GitHub takes, in characters ("body is too long (maximum is 65536 characters)"). */
export const longestBody = 65_536;

/** What stands where a preview would, had it run. */
export const notRun = "**The preview did not run**; the log says why.";

/** A value longer than this, in characters, is cut; a diff of more lines is folded. */
const [longestValue, unfoldedLines] = [1000, 20];

/** How a step's name reads after a count. A name that isn't here is shown as it is. */
const verbs: Readonly<Record<string, string>> = {
  create: "to create",
  update: "to update",
  replace: "to replace",
  delete: "to delete",
  import: "to import",
  same: "unchanged",
};

/**
 * A preview as Markdown: a summary line, the image's digests, the base images of a build, the errors, and every changed
 * property with its old and new value.
 *
 * @param limit The most characters that it may have. Lines that don't fit are left out, and a notice says how many.
 */
export function renderPreview(preview: Preview, limit: number): string {
  const found = changes(preview);
  const errors = preview.diagnostics
    .filter(({ severity }) => severity === "error")
    .flatMap(({ message }) => message.trimEnd().split("\n"));
  const head = [summary(preview, errors.length > 0), imageLine(images(preview)), baseLine(bases(preview))].filter(
    (part) => part !== "",
  );
  // A reader looks for errors first. The diff gets the room that they leave.
  const failed = errors.length > 0 ? [fit(errors.map(shorten), "", limit / 4)] : [];
  const rest = limit - [...head, ...failed].join("\n\n").length - 200;
  return [...head, ...failed, ...renderChanges(found, rest)].join("\n\n");
}

function summary({ changeSummary }: Preview, failed: boolean): string {
  const order = [...Object.keys(verbs).filter((op) => op !== "same"), "same"];
  const rank = (op: string) => (order.includes(op) ? order.indexOf(op) : order.length - 1.5);
  const counts = Object.entries(changeSummary)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([op, count]) => `${count} ${verbs[op] ?? codeSpan(op)}`);
  const planned = counts.length > 0 ? counts.join(", ") : "nothing planned";
  return failed ? `**The preview failed.** Until then: ${planned}.` : `**${planned}**`;
}

function imageLine({ old, new: next, tag }: Images): string {
  const span = (image: unknown) => codeSpan(shorten(typeof image === "string" ? image : JSON.stringify(image)));
  const words = new Map<unknown, string>([
    [unknown, "the one that the update will push"],
    [secret, "hidden, because the containers hold a secret"],
  ]);
  const after = next.map((image) => words.get(image) ?? span(image));
  const same = next.length === 1 && next[0] === old;
  const was = old === undefined ? "" : span(old);
  if (after.length === 0 || same) {
    return was === "" ? "" : `Image: ${was}, unchanged`;
  }
  // The digest is known only of an image that the registry has.
  const source =
    tag === undefined ? "" : `, ${next.includes(unknown) ? "built" : "found"} with the tag ${codeSpan(tag)}`;
  return `Image: ${was === "" ? "" : `${was} → `}${after.join(", ")}${source}`;
}

function baseLine(found: readonly Base[]): string {
  const each = found.map(({ name, old, new: next }) => {
    const [was, is] = [old ?? next, next].map(shortDigest);
    return `${codeSpan(shorten(name))} at ${was === is ? "" : `${was} → `}${is}`;
  });
  return each.length === 0 ? "" : `Base images: ${each.join(", ")}`;
}

/** The first 12 digits of a location's digest. What has no digest is shown as it is. */
function shortDigest(location: string): string {
  return codeSpan(/@(sha256:[0-9a-f]{12})[0-9a-f]*$/.exec(location)?.[1] ?? shorten(location));
}

function renderChanges(found: readonly ResourceChange[], limit: number): string[] {
  const lines = found.flatMap(renderChange);
  if (lines.length === 0) {
    return [];
  }
  const block = fit(lines, "diff", limit);
  return [
    lines.length > unfoldedLines
      ? details(`Changes of ${found.length} resources, ${lines.length} lines`, block)
      : block,
  ];
}

/** The marks of a unified diff, which GitHub colours: `@@` before the resource, `-` before an old value, `+` before a new one. */
function renderChange({ op, type, name, properties }: ResourceChange): string[] {
  return [`@@ ${op} ${type} ${name} @@`, ...properties.flatMap(renderProperty)];
}

function renderProperty({ path, old, new: next }: PropertyChange): string[] {
  const line = (mark: string, value: unknown) => shorten(`${mark} ${formatPath(path)}: ${show(value)}`);
  return [...(old === undefined ? [] : [line("-", old)]), ...(next === undefined ? [] : [line("+", next)])];
}

function show(value: unknown): string {
  return value === secret ? secret : value === unknown ? "(known after the update)" : JSON.stringify(value);
}

function shorten(line: string): string {
  const rest = line.length - longestValue;
  return rest > 0 ? `${line.slice(0, longestValue)}… (${rest} more characters)` : line;
}

/** A code block of as many lines as fit, and how many didn't. */
function fit(lines: readonly string[], language: string, limit: number): string {
  const block = codeBlock(lines, language);
  if (block.length <= limit) {
    return block;
  }
  let [low, high] = [0, lines.length];
  const cut = (count: number) =>
    `${codeBlock(lines.slice(0, count), language)}\n\n` +
    `**${lines.length - count} of ${lines.length} lines are left out here**, because GitHub takes no longer comments. The log has them all.`;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    [low, high] = cut(middle).length <= limit ? [middle, high] : [low, middle - 1];
  }
  return cut(low);
}
