import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { getFromApi } from "../../../../infra/cluster/ask-api";
import { commandsIn } from "../../../support/commands";
import { setVariable } from "../../../support/variables";
import { directoryWith } from "../../../support/files";
import { useKubectl, without } from "../../../support/fake-kubectl";
import { Mocks } from "../../../support/mocks";

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

/** What kubectl says and does → why the cluster can't be asked. */
const failures: Readonly<Record<string, readonly [string, string]>> = {
  "nobody listens": ["echo 'connection refused' >&2; exit 1", "connection refused."],
  "the user may not read this": [
    `echo 'Error from server (Forbidden): User "job" cannot get path' >&2; exit 1`,
    'Error from server (Forbidden): User "job" cannot get path.',
  ],
  "the login is wrong or has expired": [
    "echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1",
    "the cluster doesn't accept the login of the kubeconfig's user (401 Unauthorized), which is wrong or has expired. Log in to the cluster again.",
  ],
  "the login says nothing": [
    `echo 'Error from server (Forbidden): User "system:anonymous" cannot get path' >&2; exit 1`,
    "the login of the kubeconfig's user doesn't say who it is (system:anonymous). Log in to the cluster again.",
  ],
  "the context has no user": [
    "printf 'Please enter Username: '; read name || { echo 'error: EOF' >&2; exit 1; }",
    "the kubeconfig's context names no user, or one without a login, and kubectl would ask for a username. Log in to the cluster, or give the context another user with kubectl config set-context NAME --user USER.",
  ],
};

for (const [what, [script, reason]] of Object.entries(failures)) {
  test(`a cluster that can't be asked because ${what} is an error that says so`, { timeout: 10_000 }, async (t) => {
    useKubectl(t, script);
    await assert.rejects(ask(context), { message: `kubectl can't ask the cluster whether it has apps: ${reason}` });
  });
}

test("a machine without kubectl is an error with the remedy", async (t) => {
  setVariable(t, "PATH", commandsIn(t));
  await assert.rejects(ask(context), {
    message: "kubectl can't ask the cluster whether it has apps: it isn't on PATH, so install it.",
  });
});
