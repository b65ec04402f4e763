import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { dump } from "js-yaml";
import { readConfig, schema } from "../../../../infra/config";
import { projectWith } from "../../../support/files";
import { Mocks } from "../../../support/mocks";
import { neverThrows } from "../../fuzz";
import { project, setConfig, setSecrets, smallest } from "../../stack";

before(() => Mocks.start());

/** What people write into stack files, beside anything else. */
const scalar = fc.oneof(
  fc.constantFrom(
    "0123",
    "1e3",
    "localhost:99999/x",
    "10.0.0.0/8",
    "linux/amd64",
    "/health",
    "$(PORT)",
    "64Mi",
    "true",
  ),
  fc.constantFrom("", "dev", "a.b/c:1@sha256:12", "arn:aws:iam::aws:policy/x", "{", "[1", "{}", "null", "::/0", "-1"),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);

/** Names of keys at any depth, so that a value gets further than "is unknown". */
const key = fc.oneof(
  fc.constantFrom(
    "url",
    "ecr",
    "context",
    "eks",
    "stack",
    "name",
    "args",
    "min",
    "max",
    "cidr",
    "ports",
    "path",
    "port",
  ),
  fc.constantFrom(
    "host",
    "gateway",
    "ingress",
    "requests",
    "limits",
    "cpu",
    "memory",
    "policies",
    "repository",
    "__proto__",
  ),
  fc.constantFrom("secrets", "ssh", "target", "service", "username", "password", "PORT", "golang:1.26", "toString"),
  fc.string(),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));

const keys = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(schema.shape)), key), value, { maxKeys: 6 });

/** A value as the engine hands it over. */
const handedOver = (given: unknown) => (typeof given === "string" ? given : JSON.stringify(given));

test("whatever a config holds, and whatever its stack file says, a Config or a Failure comes of it", (t) => {
  const stackFile = fc.oneof(
    fc.string(),
    fc.record({ config: fc.oneof(keys, value) }).map((content) => dump(content, { skipInvalid: true })),
  );
  projectWith(t, project);
  setSecrets(t, ["env"]);
  neverThrows(fc.tuple(keys, fc.boolean(), stackFile), ([given, whole, file]) => {
    const config = Object.fromEntries(Object.entries(given).map(([name, each]) => [name, handedOver(each)]));
    writeFileSync("Pulumi.dev.yaml", file);
    setConfig({ ...(whole ? smallest : {}), ...config });
    readConfig();
  });
});
