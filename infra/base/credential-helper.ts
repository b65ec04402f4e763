import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { tooSlow } from "./preflight";

/** Milliseconds that a credential helper may take. One may ask a person to unlock a keychain. */
const patience = 60_000;

/** What every credential helper says of a login that it doesn't have. */
const notFound = "credentials not found in native keychain";

/**
 * Asks one of Docker's credential helpers, by the protocol of github.com/docker/docker-credential-helpers. It gets no
 * terminal.
 *
 * @returns The JSON that the helper answers. Undefined for a login that it doesn't have.
 * @throws Error with the reason, if the helper fails.
 */
export async function credentialHelper(
  program: string,
  action: "get" | "list",
  input: string,
  environment: NodeJS.ProcessEnv,
): Promise<unknown> {
  // A process group of its own has no terminal to ask on, and is ended with all that it has started.
  const helper = spawn(program, [action], { env: environment, detached: true });
  const group = helper.pid;
  const timer = setTimeout(() => group !== undefined && process.kill(-group, "SIGKILL"), patience);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      helper.on("error", reject).on("close", resolve);
    });
    // A helper may end without having read its input.
    helper.stdin.on("error", () => undefined).end(input);
    const [status, output, errors] = await Promise.all([ended, text(helper.stdout), text(helper.stderr)]);
    if (status === 0) {
      return parse(output);
    }
    const reason = output.trim() || errors.trim();
    if (reason === notFound) {
      return undefined;
    }
    throw new Error(status === null ? tooSlow(patience) : reason || `it ended with status ${status}`);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw missing ? new Error("it isn't on PATH") : error;
  } finally {
    clearTimeout(timer);
  }
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    // Node.js would show a part of the text, which may be a password.
    throw new Error("its answer isn't JSON");
  }
}
