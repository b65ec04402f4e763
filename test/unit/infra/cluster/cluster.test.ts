import assert from "node:assert/strict";
import * as net from "node:net";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import { clusterProvider, findCluster } from "../../../../infra/cluster/cluster";
import { setVariable } from "../../../support/variables";
import { directoryWith } from "../../../support/files";
import { Mocks } from "../../../support/mocks";
import { listen, unusedPort } from "../../../support/servers";

/** Points KUBECONFIG, until the test ends, to a file with the context `dev`. */
function useKubeconfig(t: TestContext, cluster: Record<string, string>): void {
  const contexts = [{ name: "dev", context: { cluster: "one" } }];
  const content = JSON.stringify({ clusters: [{ name: "one", cluster }], contexts });
  setVariable(t, "KUBECONFIG", path.join(directoryWith(t, { config: content }), "config"));
}

const provider = {
  type: "pulumi:providers:kubernetes",
  name: "cluster",
  inputs: {
    context: "dev",
    kubeconfig: "",
    clusterIdentifier: "dev",
    enableServerSideApply: "true",
    enablePatchForce: "true",
    enableSecretMutable: "true",
  },
};

test("a context whose API server listens gives one provider, identified by the context's name alone", async (t) => {
  const mocks = await Mocks.start();
  for (const scheme of ["https://", ""]) {
    useKubeconfig(t, { server: `${scheme}127.0.0.1:${await listen(t, net.createServer())}` });
    mocks.resources.length = 0;
    clusterProvider(await findCluster({ context: "dev" }));
    await mocks.registered();
    assert.deepEqual(mocks.resources, [provider]);
  }
});

test("an API server behind a proxy isn't asked", async (t) => {
  const mocks = await Mocks.start();
  useKubeconfig(t, { server: `https://127.0.0.1:${await unusedPort()}`, "proxy-url": "socks5://127.0.0.1:1" });
  clusterProvider(await findCluster({ context: "dev" }));
  await mocks.registered();
  assert.deepEqual(mocks.resources, [provider]);
});

test("an API server that can't be reached is an error with its URL, before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  const server = `https://127.0.0.1:${await unusedPort()}`;
  useKubeconfig(t, { server });
  await assert.rejects(findCluster({ context: "dev" }), {
    message:
      `the API server of the context dev, ${server}, can't be reached: connect ECONNREFUSED ${server.slice(8)}. ` +
      "Start the cluster, or choose another context with pulumi config set --path cluster.context NAME.",
  });
  assert.deepEqual(await mocks.registered(), []);
});

test("a context that doesn't exist is an error, before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  useKubeconfig(t, { server: "https://127.0.0.1" });
  await assert.rejects(findCluster({ context: "prod" }), /has no context prod; it has dev\./);
  assert.deepEqual(await mocks.registered(), []);
});

/** A kubeconfig whose current context is `one`, as a stack exports it. */
const exported = (server: string) => ({
  clusters: [{ cluster: { server }, name: "c" }],
  contexts: [{ context: { cluster: "c", user: "u" }, name: "one" }],
  "current-context": "one",
  users: [{ name: "u", user: { token: "hush" } }],
});

test("a stack's kubeconfig, text or object, gives a provider with a secret, identified by the stack's name alone", async (t) => {
  const kubeconfig = exported(`https://127.0.0.1:${await listen(t, net.createServer())}`);
  const text = JSON.stringify(kubeconfig);
  for (const [preview, value] of [
    [false, text],
    [true, kubeconfig],
  ] as const) {
    const mocks = await Mocks.start({ preview, stacks: { base: { kubeconfig: value } } });
    clusterProvider(await findCluster({ stack: "base" }));
    await mocks.registered();
    assert.deepEqual(mocks.resources, [
      { type: "pulumi:pulumi:StackReference", name: "cluster-stack", inputs: { name: "base" } },
      {
        ...provider,
        inputs: {
          ...(await pulumi.runtime.serializeProperties("test", { kubeconfig: pulumi.secret(text) })),
          clusterIdentifier: "base",
          enableServerSideApply: "true",
          enablePatchForce: "true",
          enableSecretMutable: "true",
        },
      },
    ]);
  }
});

test("a stack without a kubeconfig, or with one that can't be used, is an error that shows nothing of it", async () => {
  const server = `https://127.0.0.1:${await unusedPort()}`;
  const cases: [object, string][] = [
    [{ vpc: "v" }, "the stack base has no output kubeconfig; it has vpc. Deploy it first."],
    [{ kubeconfig: "hush: [" }, "the output kubeconfig of stack base is no kubeconfig: YAMLException: "],
    [
      { kubeconfig: { ...exported(server), "current-context": "two" } },
      "the output kubeconfig of stack base has no context two; it has one. Set its current-context.",
    ],
    [
      { kubeconfig: exported(server) },
      `the API server of the output kubeconfig of stack base, ${server}, can't be reached: connect ECONNREFUSED ${server.slice(8)}. Start the cluster, or deploy that stack again.`,
    ],
  ];
  for (const [outputs, message] of cases) {
    const mocks = await Mocks.start({ stacks: { base: outputs } });
    await assert.rejects(findCluster({ stack: "base" }), (error: Error) => {
      assert.ok(error.message.startsWith(message), error.message);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
    assert.deepEqual(await mocks.registered(), ["pulumi:pulumi:StackReference cluster-stack"]);
  }
});
