import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkout, ports, sandboxDirectory } from "../sandbox/ground/paths";
import { secondNode } from "../sandbox/network/cluster-node";
import { addNode, removeNode } from "../sandbox/standalone/added-node";
import { inNode } from "../sandbox/standalone/machine";
import { kernelSettings, settingFile } from "../sandbox/standalone/node/kernel-settings";
import { execute, type Execution, succeed } from "../support/execute";
import { npm } from "../support/npm";
import { needs } from "./needs";

/** What the last two lines of `npm start` say. */
function urlAndDigest({ stdout }: Execution): { url: string; digest: string } {
  const match = /\nURL {5}(\S+)\nDigest {2}(sha256:[0-9a-f]{64})\n$/.exec(stdout);
  assert.ok(match?.[1] && match[2], `the output does not end with URL and digest:\n${stdout}`);
  return { url: match[1], digest: match[2] };
}

const start = (options: Parameters<typeof execute>[1] = {}) =>
  execute(["npm", "start", "--silent", "--", "--without-docker"], { cwd: checkout, ...options });
const down = () => succeed(npm("sandbox:down"), { cwd: checkout });

/** Runs npm start and interrupts it as Ctrl-C does, once its output says that a phase has begun. */
async function interruptedAt(phase: RegExp, env?: NodeJS.ProcessEnv): Promise<Execution> {
  const controller = new AbortController();
  let seen = "";
  const onOutput = (text: string) => {
    seen += text;
    if (phase.test(seen)) {
      controller.abort();
    }
  };
  const execution = await start({ interrupt: controller.signal, onOutput, ...(env && { env }) });
  assert.match(seen, phase, "the phase was never reached");
  return execution;
}

/** What this sandbox could leave on the machine, where another cache directory's may run too. */
async function traces(): Promise<Record<string, string>> {
  const look = (...argv: [string, ...string[]]) => succeed(argv);
  const cgroups = readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" });
  const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "none");
  const processes = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  return {
    mounts: readFileSync("/proc/mounts", "utf8"),
    links: await look("ip", "-brief", "link"),
    routes: await look("ip", "route", "show", "table", "all"),
    // Without its comments, which tell the time.
    rules: (await look("iptables-save")).replace(/^#.*\n/gm, ""),
    // Each sandbox's own; what is below another one's changes all the time.
    cgroups: cgroups.filter((path) => /(^|\/)ping-sandbox-[^/]*$/.test(path)).join("\n"),
    handedDown: read("/sys/fs/cgroup/cgroup.subtree_control"),
    profiles: read("/sys/kernel/security/apparmor/profiles"),
    settings: kernelSettings.map((setting) => `${setting} ${read(settingFile(setting))}`).join(""),
    processes: processes
      .map(commandOf)
      .filter((line) => line.includes(sandboxDirectory))
      .join("\n"),
    system: ["/var/lib", "/var/log", "/run"]
      .flatMap((each) => readdirSync(each).map((name) => join(each, name)))
      .join("\n"),
  };
}

test(
  "npm start and sandbox:down, from nothing to nothing",
  { skip: needs("standalone", "it looks at what the other ground leaves on the machine") },
  async (t) => {
    await down();
    // A value that no kubelet would set, since an earlier sandbox's may have left its own.
    const panic = settingFile("kernel/panic");
    const ordinary = readFileSync(panic, "utf8");
    writeFileSync(panic, "7");
    t.after(() => {
      writeFileSync(panic, ordinary);
    });
    const before = await traces();

    await t.test("an occupied port is named, with the process that holds it, and nothing is started", async () => {
      const server = createServer().listen(ports.registry, "127.0.0.1");
      await once(server, "listening");
      const { status, stderr } = await start();
      server.close();
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`port ${String(ports.registry)} .* is taken by .*\\(pid ${String(process.pid)}\\)`),
      );
      assert.equal(existsSync(sandboxDirectory), false);
    });

    await t.test("Ctrl-C while binaries are built leaves nothing half built", async () => {
      const home = mkdtempSync(join(tmpdir(), "ping-e2e-cache-"));
      try {
        const { status } = await interruptedAt(/building the Pulumi CLI/, { ...process.env, XDG_CACHE_HOME: home });
        assert.equal(status, 130);
        const built = readdirSync(join(home, "ping-sandbox", "binaries")).filter((name) => !name.endsWith(".partial"));
        assert.deepEqual(built, []);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    });

    await t.test("Ctrl-C while the cluster starts takes it down again", async () => {
      const { status } = await interruptedAt(/starting the registry/);
      assert.equal(status, 130);
      assert.deepEqual(await traces(), before);
    });

    for (const [what, phase] of [
      ["the build", /docker-build:index:Image/],
      ["the rollout", /kubernetes:apps\/v1:Deployment/],
    ] as const) {
      await t.test(`Ctrl-C in the middle of ${what} ends the update`, async () => {
        const { status } = await interruptedAt(phase);
        assert.equal(status, 130);
      });
    }

    await t.test("nothing was lost by that: the next start converges", async () => {
      urlAndDigest(await start());
    });

    await t.test("a second npm start while one runs is refused, and names the first", async () => {
      const first = start();
      // The first holds the lock from its beginning; the second may win that race only within its own start-up.
      const second = await start();
      const executions = [await first, second];
      assert.deepEqual(executions.map(({ status }) => status).sort(), [0, 1]);
      const refused = executions.find(({ status }) => status === 1);
      assert.match(refused?.stderr ?? "", /by another process \(pid \d+\)/);
    });

    await t.test("a further npm start changes nothing, and its URL answers on the machine", async () => {
      const again = await start();
      assert.equal(again.status, 0, again.stderr);
      assert.match(again.stdout, /Resources:\s+\d+ unchanged/);
      const { url } = urlAndDigest(again);
      const response = await fetch(`${url}/health`);
      assert.deepEqual([response.status, await response.text()], [200, '{"Status":"OK"}']);
    });

    await t.test("the machine's kernel settings are what they were, and the kubelet has its own", async () => {
      assert.equal((await traces())["settings"], before["settings"]);
      const inside = await succeed(inNode(["cat", panic]));
      assert.equal(inside.trim(), "10");
    });

    await t.test("npm run sandbox passes a command's exit status on", async () => {
      const { status } = await execute(npm("sandbox", "--", "sh", "-c", "exit 7"), { cwd: checkout });
      assert.equal(status, 7);
    });

    await t.test("pulumi destroy leaves nothing of it in the cluster", async () => {
      await succeed(npm("sandbox", "--", "pulumi", "destroy", "--yes"), { cwd: checkout });
      const namespaces = await succeed(npm("sandbox", "--", "kubectl", "get", "namespaces", "-o", "name"), {
        cwd: checkout,
      });
      assert.deepEqual(namespaces.trim().split("\n"), [
        "namespace/default",
        "namespace/kube-node-lease",
        "namespace/kube-public",
        "namespace/kube-system",
      ]);
    });

    await t.test("a second node is ready for pods, and leaves nothing when it is removed", async () => {
      const one = await traces();
      await addNode(secondNode, new AbortController().signal);
      const nodes = () => succeed(npm("sandbox", "--", "kubectl", "get", "nodes", "-o", "name"), { cwd: checkout });
      assert.deepEqual((await nodes()).trim().split("\n"), ["node/node", "node/node-2"]);
      await removeNode(secondNode);
      assert.deepEqual((await nodes()).trim().split("\n"), ["node/node"]);
      assert.deepEqual(await traces(), one);
      // For sandbox:down, which has to end it too.
      await addNode(secondNode, new AbortController().signal);
    });

    await t.test("sandbox:down leaves no process, mount, link, route, rule or cgroup", async () => {
      await down();
      assert.deepEqual(await traces(), before);
      assert.equal(existsSync(sandboxDirectory), false);
    });
  },
);
