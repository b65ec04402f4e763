import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../base";
import type { Cluster } from "./cluster";

/**
 * What a cluster's API answers to a GET, as text. Undefined if it has no such path. This runs kubectl, because nothing
 * else takes every kind of login that a kubeconfig may name.
 *
 * @param question Completes the sentence "kubectl can't ask the cluster …".
 * @throws Failure if kubectl isn't there, or if the cluster doesn't let it ask.
 */
export async function getFromApi(cluster: Cluster, path: string, question: string): Promise<string | undefined> {
  const kubeconfig = await new Promise<string>((resolve) => {
    pulumi.output(cluster.kubeconfig).apply(resolve);
  });
  const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  try {
    const file = join(directory, "config");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const options = [
      ...(kubeconfig === "" ? [] : ["--kubeconfig", file]),
      ...(cluster.context === undefined ? [] : ["--context", cluster.context]),
    ];
    return await kubectl([...options, "--request-timeout=10s", "get", "--raw", path], question);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function kubectl(args: readonly string[], question: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile("kubectl", args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else if (stderr.includes("(NotFound)")) {
        resolve(undefined);
      } else {
        const reason = error.code === "ENOENT" ? "it isn't on PATH, so install it" : stderr.trim();
        reject(new Failure(`kubectl can't ask the cluster ${question}: ${reason}.`));
      }
    });
  });
}
