import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inSandboxDirectory } from "../../ground/paths";
import type { ClusterNode } from "../../network/cluster-node";

const mount = "/sys/fs/cgroup";

/** Remembers the sandbox's cgroup, and what the machine's own did not hand down before. */
const file = inSandboxDirectory("cgroup.json");

/** A sandbox's cgroup. */
interface Cgroup {
  /** Random: two containers may share a file system of cgroups, and one must not remove the other's. */
  readonly name: string;
  /** The controllers of cgroup v2 that the machine's outermost cgroup hands down since this one was made. */
  readonly handedDown: readonly string[];
}

/** The name of the sandbox's cgroup, which holds its containers. */
export function cgroup(): string {
  return readCgroup()?.name ?? "";
}

function readCgroup(): Cgroup | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Cgroup) : undefined;
}

/** Chooses a cgroup for a sandbox that is about to start. */
export function chooseCgroup(): void {
  const chosen: Cgroup = {
    name: `ping-sandbox-${randomBytes(4).toString("hex")}`,
    handedDown: difference(controllers("cgroup.controllers"), controllers("cgroup.subtree_control")),
  };
  writeFileSync(file, JSON.stringify(chosen));
}

/** The controllers that a file of the outermost cgroup names; none on cgroup v1, which has no such file. */
function controllers(name: string, directory = mount): string[] {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(" ").filter(Boolean) : [];
}

const difference = (all: readonly string[], without: readonly string[]) =>
  all.filter((each) => !without.includes(each));

/** The cgroup v1 hierarchies of the machine, or the one of v2. */
function hierarchies(): string[] {
  if (existsSync(join(mount, "cgroup.controllers"))) {
    return [mount];
  }
  return readdirSync(mount)
    .map((entry) => join(mount, entry))
    .filter((path) => statSync(path).isDirectory());
}

/** The cgroup of a node's pods, below the sandbox's. */
export const nodeCgroup = ({ name }: ClusterNode): string => join(cgroup(), name);

/** Makes the cgroup that holds a node's pods (the kubelet's `cgroupRoot`); it doesn't make a missing root by itself. */
export function createNodeCgroup(node: ClusterNode): void {
  for (const root of hierarchies()) {
    nodeCgroup(node).split("/").reduce(createChild, root);
  }
}

/** Makes a cgroup that processes can join, with every controller of its parent, and returns its path. */
function createChild(parent: string, name: string): string {
  const own = join(parent, name);
  handDown(parent, controllers("cgroup.controllers", parent), "+");
  mkdirSync(own, { recursive: true });
  // A v1 cpuset starts out empty, and nothing can join it then.
  for (const setting of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(own, setting)) && existsSync(join(parent, setting))) {
      writeFileSync(join(own, setting), readFileSync(join(parent, setting)));
    }
  }
  return own;
}

/** Has a cgroup v2 hand controllers down to those below it, or not any more. */
function handDown(directory: string, which: readonly string[], sign: "+" | "-"): void {
  if (which.length > 0) {
    writeFileSync(join(directory, "cgroup.subtree_control"), which.map((each) => sign + each).join(" "));
  }
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      removeTree(join(directory, entry.name));
    }
  }
  rmdirSync(directory);
}

/** Removes a cgroup below the sandbox's, and all below it. No process may be left in it. */
export function removeNodeCgroup(node: ClusterNode): void {
  removeEverywhere(nodeCgroup(node));
}

/** Removes the sandbox's cgroup, and has the machine's own hand down what it did before. Does nothing where there is none. */
export function removeCgroup(): void {
  const chosen = readCgroup();
  if (chosen === undefined) {
    return;
  }
  removeEverywhere(chosen.name);
  handDown(mount, chosen.handedDown, "-");
}

/** Removes a cgroup of that path from every hierarchy. No process may be left in it. */
export function removeEverywhere(path: string): void {
  for (const root of hierarchies()) {
    if (existsSync(join(root, path))) {
      removeTree(join(root, path));
    }
  }
}
