import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import { checkBuilder } from "../../../../../infra/image/builder/check-builder";
import type { FoundImage } from "../../../../../infra/image/find-image";
import type { FoundRegistry } from "../../../../../infra/registry";
import { setVariable } from "../../../../support/variables";
import { directoryWith } from "../../../../support/files";
import { buildSource } from "../../../build-source";

const container = (options: object | null, driver = "docker-container") => ({
  Driver: driver,
  Nodes: [{ Endpoint: "unix:///var/run/docker.sock", DriverOpts: options }],
});
const builders = {
  bridge: container(null),
  kind: container({ network: "kind" }),
  host: container({ network: "host" }),
  shared: container({ network: "container:registry" }),
  remote: container(null, "remote"),
};

const content = { tag: "v1", files: { directory: ".", ignoreFile: ".", entries: [] }, contexts: {}, labels: {} };
const toBuild: FoundImage = { kind: "build", source: buildSource, content, digest: undefined, repeated: 0 };

/** What is said of a builder, with these builders in buildx's folder. */
function said(
  t: TestContext,
  builder: string | undefined,
  known: object = builders,
  host = "localhost:5001",
  image = toBuild,
) {
  const files = Object.entries(known).map(([name, each]) => [`instances/${name}`, JSON.stringify(each)] as const);
  setVariable(t, "BUILDX_CONFIG", directoryWith(t, Object.fromEntries(files)));
  const repository = { name: `${host}/ping`, host, path: "ping" };
  const registry = { kind: "existing", repository, address: `http://${host}` } as FoundRegistry;
  try {
    checkBuilder({ ...image, source: { ...buildSource, builder } }, registry);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
}

const why =
  "the registry localhost:5001: in a container with a network of its own, localhost:5001 is the container itself. Make a " +
  "builder with this machine's network: docker buildx create --name NAME --driver-opt network=host. Then choose it: " +
  "pulumi config set builder NAME.";

test("a builder that can't reach a registry on the loopback is refused before a build", (t) => {
  for (const builder of ["bridge", "kind"]) {
    assert.equal(said(t, builder), `the builder ${builder} doesn't reach ${why}`);
  }
});

test("without the key builder, the provider's choice is refused if none can, and a warning is about one to be made", (t) => {
  const { bridge, kind } = builders;
  const warn = t.mock.method(pulumi.log, "warn", () => Promise.resolve());
  assert.equal(
    said(t, undefined, { bridge, kind }),
    `the config key builder is missing, and no builder of buildx reaches ${why}`,
  );
  assert.equal(said(t, undefined), undefined);
  assert.equal(warn.mock.callCount(), 0);
  assert.equal(said(t, undefined, {}), undefined);
  assert.deepEqual(
    warn.mock.calls.map((call) => call.arguments),
    [[`buildx has no builder, and the one that the build makes doesn't reach ${why}`]],
  );
});

test("a builder that may reach the registry, or that buildx doesn't know, is left to the build", (t) => {
  for (const builder of ["host", "shared", "remote", "nobody"]) {
    assert.equal(said(t, builder), undefined);
  }
  assert.equal(said(t, "bridge", builders, "ghcr.io"), undefined);
});

test("an image that the registry has needs no builder, whether this stack built it or not", (t) => {
  const warn = t.mock.method(pulumi.log, "warn", () => Promise.resolve());
  const digest = `sha256:${"d".repeat(64)}`;
  const there: FoundImage = { kind: "there", tag: "v1", digest, source: buildSource };
  for (const image of [there, { ...toBuild, digest }]) {
    assert.equal(said(t, "bridge", builders, "localhost:5001", image), undefined);
    assert.equal(said(t, undefined, {}, "localhost:5001", image), undefined);
  }
  assert.equal(warn.mock.callCount(), 0);
});
