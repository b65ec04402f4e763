import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { engineEnvironment, engineRefusal, inEngine, startEngine, stopEngine } from "../sandbox/docker-engine/engine";
import { engineFiles } from "../sandbox/docker-engine/place";
import { kernelSettings, settingFile } from "../sandbox/kernel-settings";
import { checkout } from "../sandbox/paths";
import { execute, succeed } from "./execute";
import { npm } from "./sandbox";

/** What an engine could leave on the machine. */
async function traces(): Promise<Record<string, string>> {
  return {
    // Others come and go meanwhile.
    mounts: readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes("docker-engine"))
      .join("\n"),
    links: await succeed(["ip", "-brief", "link"]),
    rules: (await succeed(["iptables-save"])).replace(/^#.*\n/gm, "").replace(/\[\d+:\d+\]/g, ""),
    cgroups: readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" })
      .filter((path) => path.includes("ping-docker-engine"))
      .join("\n"),
    settings: kernelSettings.map((setting) => readFileSync(settingFile(setting), "utf8")).join(""),
    processes: (await succeed(["ps", "-e", "-o", "args="]))
      .split("\n")
      .filter((line) => line.includes("docker-engine"))
      .join("\n"),
    system: ["/var/lib", "/run", "/opt", "/usr/lib"].flatMap((each) => readdirSync(each)).join("\n"),
  };
}

/** What the commands of a user leave in Docker. */
const leftovers = async () => ({
  containers: await onEngine("docker", "ps", "--all", "--format", "{{.Names}}"),
  volumes: await onEngine("docker", "volume", "ls", "--quiet"),
  networks: (await onEngine("docker", "network", "ls", "--format", "{{.Name}}")).split("\n").sort().join(" ").trim(),
});

const nothing = { containers: "", volumes: "", networks: "bridge host none" };

const onEngine = (...argv: string[]) => succeed(inEngine(argv), { cwd: checkout, env: engineEnvironment() });

/** A GET on the machine with Docker. */
const request = (url: string) => onEngine("curl", "--silent", "--show-error", "--fail", url);

/** Runs `npm start` there, and returns where the service answers. */
async function start(): Promise<{ output: string; url: string }> {
  const output = await onEngine("npm", "start", "--silent");
  const url = /\nURL {5}(\S+)\nDigest {2}sha256:[0-9a-f]{64}\n$/.exec(output)?.[1];
  assert.ok(url, output);
  return { output, url };
}

test("a machine with Docker, on which nothing is left", { skip: engineRefusal() }, async (t) => {
  await stopEngine();
  const before = await traces();
  const context = mkdtempSync(join(tmpdir(), "ping-e2e-docker-"));
  t.after(async () => {
    await stopEngine();
    rmSync(context, { recursive: true });
  });
  await startEngine(new AbortController().signal);

  await t.test("npm start makes a cluster, a registry and a builder in Docker, and the service answers", async (t) => {
    const began = performance.now();
    const { url } = await start();
    t.diagnostic(
      `${((performance.now() - began) / 1000).toFixed(0)} s from npm start to the URL, with no build cached`,
    );
    assert.equal(await request(`${url}/health`), '{"Status":"OK"}');
    const { containers } = await leftovers();
    assert.deepEqual(containers.trim().split("\n").sort(), [
      "buildx_buildkit_ping-sandbox",
      "ping-sandbox-control-plane",
      "ping-sandbox-registry",
    ]);
  });

  await t.test("a further npm start changes nothing", async () => {
    assert.match((await start()).output, /Resources:\s+\d+ unchanged/);
  });

  await t.test("what was stopped since, as by a reboot, is started again", async () => {
    const { containers } = await leftovers();
    await onEngine("docker", "stop", "--timeout", "1", ...containers.trim().split("\n"));
    const { output, url } = await start();
    assert.match(output, /Resources:\s+\d+ unchanged/);
    assert.equal(await request(`${url}/health`), '{"Status":"OK"}');
  });

  await t.test("npm run sandbox runs a command there", async () => {
    await onEngine(...npm("sandbox", "--", "pulumi", "preview", "--expect-no-changes"));
  });

  await t.test("sandbox:down leaves the builder's cache, and --purge nothing", async () => {
    await onEngine(...npm("sandbox:down"));
    assert.deepEqual(await leftovers(), { ...nothing, volumes: "buildx_buildkit_ping-sandbox_state\n" });
    await onEngine(...npm("sandbox:down", "--", "--purge"));
    assert.deepEqual(await leftovers(), nothing);
    assert.equal(existsSync(join(engineFiles.home, ".cache", "ping-sandbox")), false);
  });

  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
  const push = ["docker", "buildx", "build", "--push", "--tag", "localhost:5001/ping", context];

  await t.test("an image for two platforms reaches the registry through a builder on the host's network", async () => {
    await onEngine("docker", "run", "--detach", "--publish", "127.0.0.1:5001:5000", "--name", "registry", "registry:3");
    await onEngine("docker", "buildx", "create", "--name", "ping", "--driver-opt", "network=host", "--bootstrap");
    await onEngine(...push, "--builder", "ping", "--platform", "linux/amd64,linux/arm64", "--provenance=false");
    const index = await onEngine("docker", "buildx", "imagetools", "inspect", "--raw", "localhost:5001/ping");
    const { manifests } = JSON.parse(index) as { manifests: { platform: { architecture: string } }[] };
    assert.deepEqual(
      manifests.map(({ platform }) => platform.architecture),
      ["amd64", "arm64"],
    );
  });

  await t.test("without the host's network the builder can't reach it", async () => {
    await onEngine("docker", "buildx", "create", "--name", "apart", "--bootstrap");
    const { status, stderr } = await execute(inEngine([...push, "--builder", "apart"]), { env: engineEnvironment() });
    assert.equal(status, 1);
    assert.match(stderr, /dial tcp \S+:5001: connect: connection refused/);
    await onEngine("docker", "buildx", "rm", "apart");
  });

  await t.test("removing the builder and the registry leaves no container and no volume", async () => {
    await onEngine("docker", "buildx", "rm", "ping");
    await onEngine("docker", "rm", "--force", "--volumes", "registry");
    assert.deepEqual(await leftovers(), nothing);
    assert.deepEqual(readdirSync(join(engineFiles.config, "buildx", "instances")), []);
  });

  await t.test("the engine leaves nothing on the machine but its images", async () => {
    await stopEngine();
    assert.deepEqual(await traces(), before);
  });
});
