import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dockerLogin } from "../../../common/docker-login";
import { putCommand } from "../../support/commands";
import { directoryWith } from "../../support/files";

const host = "registry.example";
const auth = Buffer.from("me:hush").toString("base64");
const login = { username: "me", password: "hush" };

/** An environment with a config of Docker, and with a credential helper if there is a script for it. */
function environmentOf(t: TestContext, config: unknown, helper?: string) {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const directory = directoryWith(t, { "config.json": text });
  if (helper !== undefined) {
    putCommand(directory, "docker-credential-keys", helper);
  }
  return { DOCKER_CONFIG: directory, PATH: `${directory}:/usr/bin:/bin` };
}

test("Docker's config has the login: by file, by variable, or not at all", async (t) => {
  const file = { auths: { [host]: { auth } } };
  assert.deepEqual(await dockerLogin(host, environmentOf(t, file)), login);
  const variable = { ...environmentOf(t, "{}"), DOCKER_AUTH_CONFIG: JSON.stringify(file) };
  assert.deepEqual(await dockerLogin(host, variable), login);
  assert.equal(await dockerLogin(host, environmentOf(t, "")), undefined);
  assert.equal(await dockerLogin(host, { DOCKER_CONFIG: directoryWith(t, {}) }), undefined);
});

test("a registry's own helper is asked by its key", async (t) => {
  const script =
    'echo "$1 $(cat)" > "$DOCKER_CONFIG/asked"; echo \'{"ServerURL":"x","Username":"me","Secret":"hush"}\'';
  const environment = environmentOf(t, { credHelpers: { [host]: "keys" } }, script);
  assert.deepEqual(await dockerLogin(host, environment), login);
  assert.equal(readFileSync(join(environment.DOCKER_CONFIG, "asked"), "utf8"), `get ${host}\n`);
});

test("a store is asked for the login that it lists", async (t) => {
  const script =
    `case "$1" in list) echo '{"https://${host}/v1/":"me"}';; ` +
    `get) [ "$(cat)" = "https://${host}/v1/" ] && echo '{"Username":"me","Secret":"hush"}';; esac`;
  const environment = environmentOf(t, { auths: { [host]: {} }, credsStore: "keys" }, script);
  assert.deepEqual(await dockerLogin(host, environment), login);
  assert.equal(await dockerLogin("other.example", environment), undefined);
});

test("a helper has an identity token under a name that stands for no user", async (t) => {
  const environment = environmentOf(
    t,
    { credHelpers: { [host]: "keys" } },
    'echo \'{"Username":"<token>","Secret":"hush"}\'',
  );
  assert.deepEqual(await dockerLogin(host, environment), {
    username: "00000000-0000-0000-0000-000000000000",
    password: "hush",
    identityToken: true,
  });
});

test("a helper without a login is no login", async (t) => {
  for (const script of [
    "echo 'credentials not found in native keychain'; exit 1",
    'echo \'{"Username":"","Secret":""}\'',
  ]) {
    assert.equal(await dockerLogin(host, environmentOf(t, { credHelpers: { [host]: "keys" } }, script)), undefined);
  }
});

test("a helper that fails is an error with its name and its reason, and without its answer", async (t) => {
  for (const [script, reason] of [
    ["echo 'the keychain is locked'; exit 1", "the keychain is locked"],
    ["echo 'no AWS credentials' >&2; exit 3", "no AWS credentials"],
    ["exit 3", "it ended with status 3"],
    ["echo hush", "its answer isn't JSON"],
    ["echo '[\"hush\"]'", "its answer isn't a credential helper's"],
    [undefined, "it isn't on PATH"],
  ] as const) {
    const environment = environmentOf(t, { credHelpers: { [host]: "keys" } }, script);
    await assert.rejects(dockerLogin(host, environment), {
      message:
        `docker-credential-keys, which ${environment.DOCKER_CONFIG}/config.json names, can't be asked for the login to ` +
        `${host}: ${reason}. Mend that credential helper, or take it out of that file and run docker login again.`,
    });
  }
});

test("a helper leads a process group of its own, which has no terminal to ask on", async (t) => {
  const script = `[ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ] && echo '{"Username":"me","Secret":"hush"}'`;
  assert.deepEqual(await dockerLogin(host, environmentOf(t, { credHelpers: { [host]: "keys" } }, script)), login);
});

test("a config that can't be read is an error that shows nothing of it", async (t) => {
  for (const text of ["hush", '{"auths":[]}', '{"auths":{"a":{"auth":1}}}']) {
    const environment = environmentOf(t, text);
    await assert.rejects(dockerLogin(host, environment), {
      message: `${environment.DOCKER_CONFIG}/config.json isn't a config of Docker's: mend it, or run docker login again.`,
    });
  }
  await assert.rejects(dockerLogin(host, { DOCKER_CONFIG: "/dev/null", DOCKER_AUTH_CONFIG: "{}" }), {
    message: "Docker's config can't be read: ENOTDIR: not a directory, open '/dev/null/config.json'.",
  });
});
