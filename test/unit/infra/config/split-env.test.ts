import assert from "node:assert/strict";
import { before, test, type TestContext } from "node:test";
import { Mocks } from "../../../support/mocks";
import { project, read, smallest } from "../../stack";

before(() => Mocks.start());

/** How the program reads an `env`, with this stack file. */
function split(t: TestContext, env: object, encrypted: string[], stackFile?: string) {
  const files = stackFile === undefined ? project : { ...project, "Pulumi.dev.yaml": stackFile };
  const config = read(t, { ...smallest, env: JSON.stringify(env) }, encrypted, files).config();
  return { env: config.service.env, encryptedEnv: config.encryptedEnv };
}

test("an env of which nothing is encrypted is plain, whatever the stack file says", (t) => {
  const plain = { env: { LEVEL: "debug" }, encryptedEnv: {} };
  assert.deepEqual(split(t, { LEVEL: "debug" }, []), plain);
  assert.deepEqual(split(t, { LEVEL: "debug" }, ["registry"], "config: {}\n"), plain);
});

test("of an env with an encrypted part, what stands in the stack file as text is plain, and all else is secret", (t) => {
  const stackFile = `
config:
  ping:env:
    LEVEL: debug
    WORKERS: 4
    TRACE: true
    EMPTY: ""
    TOKEN: { secure: AAABAGhpZGRlbg== }
    MOVED: as it was
    PORT: 8080
`;
  const handedOver = {
    LEVEL: "debug",
    WORKERS: 4,
    TRACE: true,
    EMPTY: "",
    TOKEN: "hush",
    MOVED: "from the file of --config-file",
    PORT: 8080,
    FROM_ESC: "hush, too",
  };
  assert.deepEqual(split(t, handedOver, ["env"], stackFile), {
    env: { LEVEL: "debug", WORKERS: "4", TRACE: "true", EMPTY: "" },
    encryptedEnv: { TOKEN: "hush", MOVED: "from the file of --config-file", FROM_ESC: "hush, too" },
  });
});

test("{stack} is the stack's name in a value, encrypted or not, and one more pair of braces makes it text", (t) => {
  const stackFile = `
config:
  ping:env:
    SCHEMA: "{stack}"
    URL: { secure: AAABAGhpZGRlbg== }
    TEXT: "{{stack}} {{{stack}}}"
    OTHER: "{name} {STACK} { stack } {stack"
`;
  const handedOver = {
    SCHEMA: "{stack}",
    URL: "postgres://me:hush@db/ping_{stack}?search_path={stack}",
    TEXT: "{{stack}} {{{stack}}}",
    OTHER: "{name} {STACK} { stack } {stack",
  };
  const [SCHEMA, URL] = ["dev", "postgres://me:hush@db/ping_dev?search_path=dev"];
  const [TEXT, OTHER] = ["{stack} {{stack}}", "{name} {STACK} { stack } {stack"];
  assert.deepEqual(split(t, handedOver, []), { env: { SCHEMA, URL, TEXT, OTHER }, encryptedEnv: {} });
  assert.deepEqual(split(t, handedOver, ["env"], stackFile), { env: { SCHEMA, TEXT, OTHER }, encryptedEnv: { URL } });
});

test("without a stack file, or with one that has no such env, every variable of an encrypted env is secret", (t) => {
  const secret = { env: {}, encryptedEnv: { A: "one", B: "two" } };
  const files = [
    undefined,
    "",
    "encryptionsalt: v1:x\n",
    "config:\n  ping:port: 8080\n",
    "config:\n  ping:env: { secure: AAABAGhpZGRlbg== }\n",
    "config:\n  other:env: { A: one }\n",
    "environment: [ping/dev]\n",
    "config:\n  ping:env: { A: !!int 1 }\n",
    "- config\n",
  ];
  for (const file of files) {
    assert.deepEqual(split(t, { A: "one", B: "two" }, ["env"], file), secret, file);
  }
});
