import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

/** Makes the cgroup that holds the pods (the kubelet's `cgroupRoot`); it doesn't make a missing root by itself. */
export function createNodeCgroup(): void {
  for (const root of hierarchies()) {
    const own = join(root, cgroup);
    if (existsSync(join(root, "cgroup.controllers"))) {
      const all = readFileSync(join(root, "cgroup.controllers"), "utf8").trim().split(" ").filter(Boolean);
      const enable = all.map((controller) => `+${controller}`).join(" ");
      if (enable) writeFileSync(join(root, "cgroup.subtree_control"), enable);
    }
    mkdirSync(own, { recursive: true });
    // A v1 cpuset starts out empty, and nothing can join it then.
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      if (existsSync(join(own, file)) && existsSync(join(root, file)))
        writeFileSync(join(own, file), readFileSync(join(root, file)));
  }
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  rmdirSync(directory);
}

/** Removes that cgroup and all below it. No process may be left in it. */
export function removeNodeCgroup(): void {
  for (const root of hierarchies()) if (existsSync(join(root, cgroup))) removeTree(join(root, cgroup));
}
