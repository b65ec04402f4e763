import assert from "node:assert/strict";
import * as net from "node:net";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { clusterProvider } from "../../infra/cluster";
import { directoryWith } from "./files";
import { Mocks } from "./mocks";
import { listen, unusedPort } from "./servers";

/** Points KUBECONFIG, until the test ends, to a file with the context `dev`. */
function useKubeconfig(t: TestContext, cluster: Record<string, string>): void {
  const contexts = [{ name: "dev", context: { cluster: "one" } }];
  const content = JSON.stringify({ clusters: [{ name: "one", cluster }], contexts });
  const before = process.env["KUBECONFIG"];
  process.env["KUBECONFIG"] = path.join(directoryWith(t, { config: content }), "config");
  t.after(() => {
    delete process.env["KUBECONFIG"];
    Object.assign(process.env, before === undefined ? {} : { KUBECONFIG: before });
  });
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
  },
};

test("a context whose API server listens gives one provider, identified by the context's name alone", async (t) => {
  const mocks = await Mocks.start();
  for (const scheme of ["https://", ""]) {
    useKubeconfig(t, { server: `${scheme}127.0.0.1:${await listen(t, net.createServer())}` });
    mocks.resources.length = 0;
    await clusterProvider({ context: "dev" });
    await mocks.registered();
    assert.deepEqual(mocks.resources, [provider]);
  }
});

test("an API server behind a proxy isn't asked", async (t) => {
  const mocks = await Mocks.start();
  useKubeconfig(t, { server: `https://127.0.0.1:${await unusedPort()}`, "proxy-url": "socks5://127.0.0.1:1" });
  await clusterProvider({ context: "dev" });
  await mocks.registered();
  assert.deepEqual(mocks.resources, [provider]);
});

test("an API server that can't be reached is an error with its URL, before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  const server = `https://127.0.0.1:${await unusedPort()}`;
  useKubeconfig(t, { server });
  await assert.rejects(clusterProvider({ context: "dev" }), {
    message:
      `the API server of the context dev, ${server}, can't be reached: connect ECONNREFUSED ${server.slice(8)}. ` +
      "Start the cluster, or choose another context with pulumi config set --path cluster.context NAME.",
  });
  assert.deepEqual(await mocks.registered(), []);
});

test("a context that doesn't exist is an error, before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  useKubeconfig(t, { server: "https://127.0.0.1" });
  await assert.rejects(clusterProvider({ context: "prod" }), /has no context prod; it has dev\./);
  assert.deepEqual(await mocks.registered(), []);
});
