import assert from "node:assert/strict";
import { test } from "node:test";
import { dockerConfig, loginPlace } from "../../../common/docker-config";

const host = "registry.example:5000";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const auth = { auth: base64("me:hush") };
const login = { username: "me", password: "hush" };
const token = { username: "00000000-0000-0000-0000-000000000000", password: "hush", identityToken: true };
const inConfig = (found: object | undefined) => ({ kind: "config", login: found });

for (const [what, file, expected, at = host] of [
  ["no login", {}, inConfig(undefined)],
  ["user and password in base64", { auths: { [host]: auth } }, inConfig(login)],
  [
    "a password with colons",
    { auths: { [host]: { auth: base64("me:a:b:") } } },
    inConfig({ username: "me", password: "a:b:" }),
  ],
  ["user and password in plain text", { auths: { [host]: login } }, inConfig(login)],
  ["an older key with a scheme and a path", { auths: { [`https://${host}/v1/`]: auth } }, inConfig(login)],
  [
    "the host itself before an older key",
    { auths: { [`http://${host}`]: { auth: base64("old:old") }, [host]: auth } },
    inConfig(login),
  ],
  ["another port", { auths: { "registry.example": auth, "registry.example:5001": auth } }, inConfig(undefined)],
  ["a key of every object", { auths: { other: auth } }, inConfig(undefined), "constructor"],
  ["an entry whose login is elsewhere", { auths: { [host]: {} } }, inConfig(undefined)],
  ["an identity token", { auths: { [host]: { auth: base64("0:"), identitytoken: "hush" } } }, inConfig(token)],
  ["a user without a password", { auths: { [host]: { auth: base64("me") } } }, inConfig(undefined)],
  ["Docker Hub", { auths: { "https://index.docker.io/v1/": auth, "docker.io": {} } }, inConfig(login), "docker.io"],
  [
    "a store, which hides the file's logins",
    { auths: { [host]: auth }, credsStore: "keys" },
    { kind: "helper", helper: "keys", key: undefined },
  ],
  [
    "a helper before the store",
    { credHelpers: { [host]: "ecr-login" }, credsStore: "keys" },
    { kind: "helper", helper: "ecr-login", key: host },
  ],
  [
    "a helper by an older key",
    { credHelpers: { [`https://${host}`]: "ecr-login" } },
    { kind: "helper", helper: "ecr-login", key: `https://${host}` },
  ],
  ["a helper of another registry", { auths: { [host]: auth }, credHelpers: { other: "ecr-login" } }, inConfig(login)],
  ["nulls", { auths: null, credHelpers: null, credsStore: "" }, inConfig(undefined)],
] as [string, object, object, string?][]) {
  test(`the place of a login with ${what}`, () => {
    assert.deepEqual(loginPlace({}, dockerConfig.parse(file), at), expected);
  });
}

test("the variable comes before the file", () => {
  const file = dockerConfig.parse({ auths: { [host]: auth, other: auth }, credHelpers: { [host]: "ecr-login" } });
  const variable = { auths: { [host]: { auth: base64("ci:hush") } } };
  assert.deepEqual(loginPlace(variable, file, host), inConfig({ username: "ci", password: "hush" }));
  assert.deepEqual(loginPlace(variable, file, "other"), inConfig(login));
});
