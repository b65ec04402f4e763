import assert from "node:assert/strict";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { test } from "node:test";
import { findApiServer, findCurrentApiServer, kubeconfigFiles, serverUrl } from "../../../../infra/cluster/kubeconfig";
import { directoryWith } from "../../../support/files";
import { neverThrows } from "../../fuzz";

/** A kubeconfig with contexts and clusters of the same names. */
const kubeconfig = (servers: Record<string, string>) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: Object.entries(servers).map(([name, server]) => ({ name, cluster: { server } })),
    contexts: Object.keys(servers).map((name) => ({ name, context: { cluster: name, user: "someone" } })),
    users: [{ name: "someone", user: { token: "hush" } }],
  });

test("a relative path in KUBECONFIG is refused: the provider would look for it in another folder", () => {
  assert.throws(() => kubeconfigFiles({ KUBECONFIG: ["/a", "b"].join(path.delimiter) }), {
    message: "KUBECONFIG must name files by absolute paths; it has b.",
  });
});

test("the files are those in KUBECONFIG, or else the one in the home directory", () => {
  const home = [path.join(os.homedir(), ".kube", "config")];
  assert.deepEqual(kubeconfigFiles({}), home);
  assert.deepEqual(kubeconfigFiles({ KUBECONFIG: "" }), home);
  assert.deepEqual(kubeconfigFiles({ KUBECONFIG: ["/a", "", "/b"].join(path.delimiter) }), ["/a", "/b"]);
});

test("a context leads to its cluster's server and proxy", (t) => {
  const directory = directoryWith(t, {
    config: `
clusters:
- name: other
  cluster: {server: "https://other"}
- name: one
  cluster: {server: "https://one:6443", proxy-url: "http://proxy", certificate-authority-data: AA==}
contexts:
- name: dev
  context: {cluster: one, user: me}
`,
  });
  assert.deepEqual(findApiServer("dev", [path.join(directory, "config")]), {
    server: "https://one:6443",
    "proxy-url": "http://proxy",
  });
});

test("of several files the first to define a name wins, and missing ones don't count", (t) => {
  const directory = directoryWith(t, {
    one: kubeconfig({ a: "https://one-a" }),
    two: kubeconfig({ a: "https://two-a", b: "https://two-b" }),
    empty: "",
    bare: "apiVersion: v1\nkind: Config\nclusters: null\n",
  });
  const list = ["missing", "bare", "one", "two"].map((name) => path.join(directory, name));
  assert.deepEqual(findApiServer("a", list), { server: "https://one-a" });
  assert.deepEqual(findApiServer("b", list), { server: "https://two-b" });
});

test("a context that doesn't exist is an error that names the files and the contexts that do", (t) => {
  const directory = directoryWith(t, {
    one: kubeconfig({ a: "https://a", b: "https://b" }),
    two: kubeconfig({ a: "https://a" }),
  });
  const [one, two] = [path.join(directory, "one"), path.join(directory, "two")];
  const advice = "Choose one with pulumi config set --path cluster.context NAME, or name another file in KUBECONFIG.";
  assert.throws(() => findApiServer("c", [one, two]), {
    message: `the kubeconfig (${one}, ${two}) has no context c; it has a, b. ${advice}`,
  });
  assert.throws(() => findApiServer("c", ["/missing"]), {
    message: `the kubeconfig (/missing) has no context c; it has none. ${advice}`,
  });
});

test("a context without its cluster is an error that names both", (t) => {
  const directory = directoryWith(t, { config: "contexts: [{name: dev, context: {cluster: gone}}]" });
  assert.throws(
    () => findApiServer("dev", [path.join(directory, "config")]),
    /has no cluster gone, which its context dev names/,
  );
});

test("a file that is no kubeconfig is an error that names it", (t) => {
  const directory = directoryWith(t, { yaml: "contexts: [", shape: "contexts: [{name: 1}]" });
  for (const name of ["yaml", "shape"]) {
    const file = path.join(directory, name);
    assert.throws(
      () => findApiServer("dev", [file]),
      (error: Error) => error.message.startsWith(`${file} is no kubeconfig: `),
    );
  }
});

test("a server that is no URL is an error that names it", (t) => {
  for (const server of ["https://127.0.0.1:99999", "127.0.0.1:99999", "", "https://"]) {
    const file = path.join(directoryWith(t, { config: kubeconfig({ dev: server }) }), "config");
    assert.throws(() => findApiServer("dev", [file]), {
      message: `the kubeconfig (${file}) has no usable server for its cluster dev: ${server} isn't a URL such as https://127.0.0.1:6443.`,
    });
  }
});

test("whatever a kubeconfig holds, a server or a Failure comes of it", () => {
  const name = fc.constantFrom("dev", "toString", "__proto__", "");
  const server = fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom("https://h:99999", "[::1]:6443", "h"));
  const cluster = fc.record({ name, cluster: fc.record({ server, "proxy-url": fc.string() }) }, { requiredKeys: [] });
  const context = fc.record({ name, context: fc.record({ cluster: name, user: name }) }, { requiredKeys: [] });
  const list = <T>(item: fc.Arbitrary<T>) => fc.oneof(fc.array(item), fc.constant(null), fc.jsonValue());
  const shaped = fc.record({ "current-context": name, contexts: list(context), clusters: list(cluster) });
  const text = fc.oneof(
    shaped.map((config) => JSON.stringify(config)),
    fc.string(),
    fc.json(),
  );
  neverThrows(text, (content) => {
    const { server: found } = findCurrentApiServer(content, "the output kubeconfig");
    assert.ok(URL.canParse(serverUrl(found)));
  });
});
