import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { getFromApi } from "../../../../infra/cluster/kubectl";
import { directoryWith } from "../../files";
import { useKubectl, usePath, without } from "../../kubectl";
import { Mocks } from "../../mocks";

before(() => Mocks.start());

const context: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const ask = (cluster: Cluster) => getFromApi(cluster, "/apis/apps/v1", "whether it has apps");

test("the answer is kubectl's, and nothing where the API has no such path", async (t) => {
  useKubectl(t, "echo '{}'");
  assert.equal(await ask(context), "{}\n");
  useKubectl(t, without);
  assert.equal(await ask(context), undefined);
});

test("kubectl gets the context, or a kubeconfig in a file that is gone afterwards", async (t) => {
  const directory = directoryWith(t, {});
  const said = join(directory, "said");
  const get = "--request-timeout=10s get --raw /apis/apps/v1\n";
  useKubectl(t, `echo "$@" > ${said}`);
  await ask(context);
  assert.equal(readFileSync(said, "utf8"), `--context dev ${get}`);

  useKubectl(t, `echo "$@" > ${said}; stat -c %a "$2" >> ${said}; cat "$2" >> ${said}`);
  const kubeconfig = pulumi.secret("hush");
  await ask({ kubeconfig, clusterIdentifier: "base" });
  const [, file = "", rest] = /^--kubeconfig (\S+) ([^]*)$/.exec(readFileSync(said, "utf8")) ?? [];
  assert.equal(rest, `${get}600\nhush`);
  assert.ok(!existsSync(join(file, "..")));
});

test("a cluster that can't be asked is an error with kubectl's reason, and a machine without kubectl one with the remedy", async (t) => {
  useKubectl(t, "echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1");
  await assert.rejects(ask(context), {
    message:
      "kubectl can't ask the cluster whether it has apps: error: You must be logged in to the server (Unauthorized).",
  });
  usePath(t, directoryWith(t, {}));
  await assert.rejects(ask(context), {
    message: "kubectl can't ask the cluster whether it has apps: it isn't on PATH, so install it.",
  });
});
