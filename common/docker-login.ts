import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { credentialHelper } from "./credential-helper";
import { dockerAuthConfig, dockerConfig, findEntry, loginPlace, tokenLogin } from "./docker-config";
import { Failure, messageOf } from "./failure";
import type { Login } from "./registry-api";

/**
 * The login that `docker login` has left on this machine for a registry, found as the docker-build plugin finds it. The
 * plugin itself passes over an identity token.
 *
 * @throws Failure if Docker's config can't be read, or if a credential helper fails.
 */
export async function dockerLogin(
  host: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Login | undefined> {
  const { DOCKER_CONFIG: directory, DOCKER_AUTH_CONFIG: variable } = environment;
  const file = join(
    directory === undefined || directory === "" ? join(homedir(), ".docker") : directory,
    "config.json",
  );
  const place = loginPlace(
    read(dockerAuthConfig, variable, "the variable DOCKER_AUTH_CONFIG"),
    read(dockerConfig, textOf(file), file),
    host,
  );
  if (place.kind === "config") {
    return place.login;
  }
  const program = `docker-credential-${place.helper}`;
  try {
    // A store lists its logins by the names that they were stored with, such as https://HOST.
    const key =
      place.key ?? findEntry(names.parse(await credentialHelper(program, "list", "", environment)), host)?.[0];
    const given = key === undefined ? undefined : await credentialHelper(program, "get", key, environment);
    return given === undefined ? undefined : credentials.parse(given);
  } catch (error) {
    const reason = error instanceof z.ZodError ? "its answer isn't a credential helper's" : messageOf(error);
    throw new Failure(
      `${program}, which ${file} names, can't be asked for the login to ${host}: ${reason}. ` +
        "Mend that credential helper, or take it out of that file and run docker login again.",
    );
  }
}

const names = z.record(z.string(), z.unknown());

const credentials = z
  .object({ Username: z.string(), Secret: z.string() })
  .transform(({ Username: username, Secret: password }): Login | undefined => {
    if (username === "" || password === "") {
      return undefined;
    }
    return username === "<token>" ? tokenLogin(password) : { username, password };
  });

/** The file's text. Undefined if there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw new Failure(`Docker's config can't be read: ${messageOf(error)}.`);
  }
}

function read<T>(schema: z.ZodType<T>, json: string | undefined, name: string): T {
  try {
    return schema.parse(json === undefined || json.trim() === "" ? {} : JSON.parse(json));
  } catch {
    // The reason would show a part of the text, which holds passwords.
    throw new Failure(`${name} isn't a config of Docker's: mend it, or run docker login again.`);
  }
}
