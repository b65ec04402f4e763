import { Failure } from "../../common";
import { codeBlock, codeSpan, longestBody, notRun, parsePreview, renderPreview } from "../preview";

/** What a comment is about. */
interface CommentArgs {
  /** The stack's name. Each stack has a comment of its own. */
  readonly stack: string;
  /** The commit that was previewed. */
  readonly commit: string;
  /** The log's URL; undefined outside of GitHub Actions. */
  readonly log: string | undefined;
}

/**
 * The comment's first line, by which the next run finds it. GitHub doesn't show it.
 * @throws Failure where the name isn't a stack's. Such a name might end the HTML comment.
 */
export function commentMarker(stack: string): string {
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(stack)) {
    throw new Failure(
      `${JSON.stringify(stack)} isn't a stack's name, which has 1 to 100 letters, digits, "_", "." and "-"`,
    );
  }
  return `<!-- pulumi preview of ${stack} -->`;
}

/**
 * The comment that shows a stack's preview in a pull request.
 * @param output What `pulumi preview --json` wrote.
 */
export function renderComment(output: string, { stack, commit, log }: CommentArgs): string {
  const preview = parsePreview(output);
  const head = `${commentMarker(stack)}\n### Preview of ${codeSpan(stack)}`;
  const foot = commitLine(commit, log);
  const room = longestBody - head.length - foot.length - 4;
  return [head, preview === undefined ? withOutput(output) : renderPreview(preview, room), foot].join("\n\n");
}

/** A line that says which commit a comment is about, and where the log is. */
export function commitLine(commit: string, log: string | undefined): string {
  return `At ${codeSpan(commit.slice(0, 40))}${log === undefined ? "" : `, [log](${new URL(log).href})`}`;
}

function withOutput(output: string): string {
  const shown = output.trim().slice(0, 5000).split("\n");
  return `${notRun}\n\n${codeBlock(shown)}`;
}
