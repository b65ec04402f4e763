/**
 * The sandbox's first process, in PID and mount namespaces of its own: when it ends, so does everything it started, and
 * every mount, bridge, route and firewall rule goes with it.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { createNodeCgroup } from "./cgroup";
import { daemons, type Daemon } from "./daemons";
import { forwardOnMachine } from "./forward";
import { network } from "./network";
import { inRun } from "./paths";

const namespace = inRun("network-namespace");
const inNode = (argv: readonly string[]): [string, ...string[]] => ["nsenter", `--net=${namespace}`, ...argv];

function sh(...[command, ...args]: [string, ...string[]]): void {
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
}

/** Container tools write below fixed system paths: over those, an overlay keeps what they write in the sandbox. */
function overlay(directory: string): void {
  const [upper, work] = [inRun("overlay", directory, "upper"), inRun("overlay", directory, "work")];
  mkdirSync(upper, { recursive: true });
  mkdirSync(work, { recursive: true });
  sh("mount", "-t", "overlay", "overlay", "-o", `lowerdir=${directory},upperdir=${upper},workdir=${work}`, directory);
}

function createNetwork(): void {
  openSync(namespace, "w");
  sh("unshare", `--net=${namespace}`, "true");
  const ip = (...args: string[]) => {
    sh(...inNode(["ip", ...args]));
  };
  ip("link", "set", "lo", "up");
  ip("link", "add", network.bridge, "type", "bridge");
  ip("address", "add", network.nodePrefix, "dev", network.bridge);
  ip("link", "set", network.bridge, "up");
  ip("route", "add", "default", "dev", network.bridge);
}

/** Milliseconds before a daemon that ended is started again. */
const restartDelay = 1000;

function supervise(daemon: Daemon): void {
  const log = openSync(join(inRun("logs"), `${daemon.name}.log`), "a");
  const [command, ...args] = daemon.inNode ? inNode(daemon.argv) : daemon.argv;
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  child.on("error", (error) => {
    console.error(`${daemon.name}: ${error.message}`);
  });
  child.on("close", (code, signal) => {
    console.error(`${new Date().toISOString()} ${daemon.name} ended with ${signal ?? String(code)}: starting it again`);
    setTimeout(supervise, restartDelay, daemon);
  });
}

// /run last: what it shadows is where the others' work directories could be.
for (const directory of ["/var/lib", "/var/log", "/run"]) overlay(directory);
createNetwork();
createNodeCgroup();
forwardOnMachine();
daemons.forEach(supervise);
