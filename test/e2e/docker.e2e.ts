import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { engineEnvironment, inEngine, startEngine, stopEngine } from "../sandbox/docker-engine/engine";
import { engineFiles } from "../sandbox/docker-engine/place";
import { kernelSettings, settingFile } from "../sandbox/kernel-settings";
import { execute, succeed } from "./execute";

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
    system: ["/var/lib", "/run", "/opt", "/usr/lib"].flatMap((each) => readdirSync(each)).join("\n"),
  };
}

const onEngine = (...argv: string[]) => succeed(inEngine(argv), { env: engineEnvironment() });

test("a machine with Docker: a builder and a registry in it, and what they leave", async (t) => {
  const before = await traces();
  const context = mkdtempSync(join(tmpdir(), "ping-e2e-docker-"));
  t.after(async () => {
    await stopEngine();
    rmSync(context, { recursive: true });
  });
  await startEngine(new AbortController().signal);
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
    assert.equal(await onEngine("docker", "ps", "--all", "--quiet"), "");
    assert.equal(await onEngine("docker", "volume", "ls", "--quiet"), "");
    assert.deepEqual(readdirSync(join(engineFiles.config, "buildx", "instances")), []);
  });

  await t.test("the engine leaves nothing on the machine but its images", async () => {
    await stopEngine();
    assert.deepEqual(await traces(), before);
  });
});
