import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterNode } from "./cluster-node";
import { cache } from "./paths";

const mount = "/sys/fs/cgroup";
/** The cgroup that holds the sandbox's containers; the machine has one hierarchy for every cache directory's sandbox. */
export const cgroup = `ping-sandbox-${createHash("sha256").update(cache).digest("hex").slice(0, 8)}`;

/** The cgroup v1 hierarchies of the machine, or the one of v2. */
function hierarchies(): string[] {
  if (existsSync(join(mount, "cgroup.controllers"))) return [mount];
  return readdirSync(mount)
    .map((entry) => join(mount, entry))
    .filter((path) => statSync(path).isDirectory());
}

/** The cgroup of a node's pods, below the sandbox's. */
export const nodeCgroup = ({ name }: ClusterNode): string => join(cgroup, name);

/** Makes the cgroup that holds a node's pods (the kubelet's `cgroupRoot`); it doesn't make a missing root by itself. */
export function createNodeCgroup(node: ClusterNode): void {
  for (const root of hierarchies()) nodeCgroup(node).split("/").reduce(createChild, root);
}

/** Makes a cgroup that processes can join, with every controller of its parent, and returns its path. */
function createChild(parent: string, name: string): string {
  const own = join(parent, name);
  if (existsSync(join(parent, "cgroup.controllers"))) {
    const all = readFileSync(join(parent, "cgroup.controllers"), "utf8").trim().split(" ").filter(Boolean);
    const enable = all.map((controller) => `+${controller}`).join(" ");
    if (enable) writeFileSync(join(parent, "cgroup.subtree_control"), enable);
  }
  mkdirSync(own, { recursive: true });
  // A v1 cpuset starts out empty, and nothing can join it then.
  for (const file of ["cpuset.cpus", "cpuset.mems"])
    if (existsSync(join(own, file)) && existsSync(join(parent, file)))
      writeFileSync(join(own, file), readFileSync(join(parent, file)));
  return own;
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  rmdirSync(directory);
}

/** Removes the sandbox's cgroup, or a node's, and all below it. No process may be left in it. */
export function removeCgroup(path = cgroup): void {
  for (const root of hierarchies()) if (existsSync(join(root, path))) removeTree(join(root, path));
}
