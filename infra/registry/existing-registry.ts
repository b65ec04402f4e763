import * as pulumi from "@pulumi/pulumi";
import { text } from "node:stream/consumers";
import {
  askRegistry,
  Failure,
  get,
  isProxied,
  type Login,
  registryAddress,
  type Repository,
  tryLogin,
} from "../../common";
import { findLogin, type FoundLogin, refusalOf } from "./find-login";
import type { Credentials, FoundRegistry } from "./registry";

/**
 * Checks that a registry answers and takes the login, which a build would find out only at its end.
 *
 * @param digest Of an image to deploy. A registry may let anybody read that, and nobody read `/v2/`.
 * @throws Failure if the registry doesn't answer `GET /v2/` as a registry does, or if it refuses the login.
 */
export async function findExistingRegistry(
  repository: Repository,
  credentials: Credentials | undefined,
  digest?: string,
): Promise<FoundRegistry> {
  const { host } = repository;
  const address = registryAddress(host);
  const url = new URL("/v2/", address);
  if (!isProxied(url, process.env)) {
    const status = await get(url);
    // 401 and 403 ask for a login.
    if (![200, 401, 403].includes(Number(status))) {
      throw new Failure(
        `the registry ${host} can't be used: GET ${url.href} gave ${status}. ` +
          "Start it, or choose another one with pulumi config set --path registry.url HOST/PATH.",
      );
    }
  }
  const login = await findLogin(host, credentials && (await plain(credentials)));
  if (!login?.docker) {
    await checkLogin(repository, login, digest);
  }
  return { kind: "existing", repository, address, login, credentials };
}

async function checkLogin(repository: Repository, login: FoundLogin | undefined, digest?: string): Promise<void> {
  const { host } = repository;
  const refusal = await refusalOf(
    login === undefined && digest !== undefined
      ? askRegistry("HEAD", repository, `manifests/${digest}`, undefined, text)
      : tryLogin(host, login),
  );
  if (refusal !== undefined) {
    throw new Failure(
      login === undefined
        ? `nobody is logged in to the registry ${host}, which wants a login: ${refusal}. ` +
            `Run docker login ${host}, or set registry.username and registry.password.`
        : `the registry ${host} refuses the login of ${login.username}: ${refusal}. ` +
            `Correct registry.username and registry.password, or run docker login ${host}.`,
    );
  }
}

function plain({ username, password }: Credentials): Promise<Login> {
  return new Promise((resolve) => {
    pulumi.all([username, password]).apply(([user, secret]) => resolve({ username: user, password: secret }));
  });
}
