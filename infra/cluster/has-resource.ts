import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { Failure } from "../base";
import type { Cluster } from "./cluster";

/** A kind of objects, as the API server lists it. */
export interface ApiResource {
  /** Group and version, such as `monitoring.coreos.com/v1`. */
  readonly api: string;
  /** Name in the plural, such as `podmonitors`. */
  readonly resource: string;
}

const list = z.object({ resources: z.array(z.object({ name: z.string() })) });

/**
 * Whether a cluster has a kind of objects. Any user may ask, and no other way to ask takes every kind of login that a
 * kubeconfig may name: this runs kubectl.
 *
 * @throws Failure if kubectl isn't there, or if the cluster doesn't let it ask.
 */
export async function hasResource(cluster: Cluster, { api, resource }: ApiResource): Promise<boolean> {
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
    const answer = await get(resource, [...options, "--request-timeout=10s", "get", "--raw", `/apis/${api}`]);
    return answer !== undefined && list.parse(JSON.parse(answer)).resources.some(({ name }) => name === resource);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What kubectl prints; undefined if the API server has no such path. */
function get(resource: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile("kubectl", args, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else if (stderr.includes("(NotFound)")) {
        resolve(undefined);
      } else {
        const reason = error.code === "ENOENT" ? "it isn't on PATH, so install it" : stderr.trim();
        reject(new Failure(`kubectl can't ask the cluster whether it has ${resource}: ${reason}.`));
      }
    });
  });
}
