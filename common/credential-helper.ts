import { runSilently } from "./run-silently";

/** What every credential helper says of a login that it doesn't have. */
const notFound = "credentials not found in native keychain";

/**
 * Asks one of Docker's credential helpers, by the protocol of github.com/docker/docker-credential-helpers.
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
  const { status, stdout, stderr } = await runSilently(program, [action], { input, environment }).catch(
    (error: unknown) => {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw missing ? new Error("it isn't on PATH") : error;
    },
  );
  if (status === 0) {
    return parse(stdout);
  }
  const reason = stdout.trim() || stderr.trim();
  if (reason === notFound) {
    return undefined;
  }
  throw new Error(reason || `it ended with status ${status}`);
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    // Node.js would show a part of the text, which may be a password.
    throw new Error("its answer isn't JSON");
  }
}
