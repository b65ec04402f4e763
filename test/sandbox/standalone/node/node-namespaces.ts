import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type ClusterNode, inNodeDirectory } from "../../network/cluster-node";

/** Runs a command of a supervisor, whose log gets its output. The file `shared`, if any, is its descriptor 3. */
export function sh([command, ...args]: readonly [string, ...string[]], shared?: number): void {
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit", ...(shared === undefined ? [] : [shared])] });
}

/**
 * Puts overlays over the fixed system paths that container tools write below, which keep what they write with the node.
 * The mount namespace must be the node's own.
 */
export function overlaySystem(node: ClusterNode): void {
  // /run last: what it shadows is where the others' work directories could be.
  for (const directory of ["/var/lib", "/var/log", "/run"]) {
    const upper = inNodeDirectory(node, "overlay", directory, "upper");
    const work = inNodeDirectory(node, "overlay", directory, "work");
    mkdirSync(upper, { recursive: true });
    mkdirSync(work, { recursive: true });
    const layers = `lowerdir=${directory},upperdir=${upper},workdir=${work}`;
    sh(["mount", "-t", "overlay", "overlay", "-o", layers, directory]);
  }
}
