import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ClusterNode, inNodeDirectory } from "../../network/cluster-node";
import { sh } from "./node-namespaces";

/** What a kubelet sets for the whole machine (`setupKernelTunables` in its container manager). */
export const kernelSettings = [
  "kernel/keys/root_maxbytes",
  "kernel/keys/root_maxkeys",
  "kernel/panic",
  "kernel/panic_on_oops",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
] as const;

/** The file by which the kernel shows a setting. */
export const settingFile = (setting: string): string => join("/proc/sys", setting);

/**
 * Puts files of the node over these settings, with the machine's values in them: what the node's kubelet writes stays in
 * there. The mount namespace must be the node's own.
 */
export function shieldKernelSettings(node: ClusterNode): void {
  mkdirSync(inNodeDirectory(node, "sys"), { recursive: true });
  for (const setting of kernelSettings) {
    const own = inNodeDirectory(node, "sys", setting.replaceAll("/", "."));
    writeFileSync(own, readFileSync(settingFile(setting)));
    sh(["mount", "--bind", own, settingFile(setting)]);
  }
}
