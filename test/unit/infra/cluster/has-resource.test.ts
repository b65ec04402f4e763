import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { hasResource } from "../../../../infra/cluster/has-resource";
import { directoryWith } from "../../files";
import { useKubectl, usePath, without, withPodMonitors } from "../../kubectl";
import { Mocks } from "../../mocks";

before(() => Mocks.start());

const context: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const monitors = { api: "monitoring.coreos.com/v1", resource: "podmonitors" };

test("a cluster has a kind where its API lists it, and not where the API or the kind is missing", async (t) => {
  for (const [answer, expected] of [
    [withPodMonitors, true],
    [`echo '{"resources":[{"name":"servicemonitors"}]}'`, false],
    [without, false],
  ] as const) {
    useKubectl(t, answer);
    assert.equal(await hasResource(context, monitors), expected, answer);
  }
});

test("kubectl gets the context, or a kubeconfig in a file that is gone afterwards", async (t) => {
  const directory = directoryWith(t, {});
  const said = join(directory, "said");
  const get = "--request-timeout=10s get --raw /apis/monitoring.coreos.com/v1\n";
  useKubectl(t, `echo "$@" > ${said}; ${withPodMonitors}`);
  await hasResource(context, monitors);
  assert.equal(readFileSync(said, "utf8"), `--context dev ${get}`);

  useKubectl(t, `echo "$@" > ${said}; stat -c %a "$2" >> ${said}; cat "$2" >> ${said}; ${withPodMonitors}`);
  const kubeconfig = pulumi.secret("hush");
  assert.equal(await hasResource({ kubeconfig, clusterIdentifier: "base" }, monitors), true);
  const [, file = "", rest] = /^--kubeconfig (\S+) ([^]*)$/.exec(readFileSync(said, "utf8")) ?? [];
  assert.equal(rest, `${get}600\nhush`);
  assert.ok(!existsSync(join(file, "..")));
});

test("a cluster that can't be asked is an error with kubectl's reason, and a machine without kubectl one with the remedy", async (t) => {
  useKubectl(t, "echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1");
  await assert.rejects(hasResource(context, monitors), {
    message:
      "kubectl can't ask the cluster whether it has podmonitors: error: You must be logged in to the server (Unauthorized).",
  });
  usePath(t, directoryWith(t, {}));
  await assert.rejects(hasResource(context, monitors), {
    message: "kubectl can't ask the cluster whether it has podmonitors: it isn't on PATH, so install it.",
  });
});
