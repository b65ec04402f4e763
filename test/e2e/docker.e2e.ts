import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { engineRefusal, inEngine, startEngine, stopEngine } from "../sandbox/docker-engine/engine";
import { engineFiles } from "../sandbox/docker-engine/place";
import { kernelSettings, settingFile } from "../sandbox/standalone/node/kernel-settings";
import { eventually } from "../support/eventually";
import { execute, succeed } from "../support/execute";
import { npm } from "../support/npm";
import { onEngine } from "./docker/on-engine";
import { makeOwnCluster, makePasswordRegistry, password, removeOwnCluster } from "./docker/own-cluster";
import { keepPlugins, readmeBlocks, ReadmeUser } from "./docker/readme-user";

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
  t.after(stopEngine);
  await startEngine(new AbortController().signal);

  await t.test("npm start makes a cluster, a registry and a builder in Docker, and the service answers", async (t) => {
    const began = performance.now();
    const { url } = await start();
    t.diagnostic(`${((performance.now() - began) / 1000).toFixed(0)} s from npm start to the URL`);
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
    keepPlugins();
    await onEngine(...npm("sandbox:down"));
    assert.deepEqual(await leftovers(), { ...nothing, volumes: "buildx_buildkit_ping-sandbox_state\n" });
    await onEngine(...npm("sandbox:down", "--", "--purge"));
    assert.deepEqual(await leftovers(), nothing);
    assert.equal(existsSync(join(engineFiles.home, ".cache", "ping-sandbox")), false);
  });

  const user = await ReadmeUser.create();
  t.after(() => {
    user.remove();
  });
  const readme = readmeBlocks("My cluster and registry");

  await t.test("the README's commands deploy to a cluster and a registry of one's own", async () => {
    await makeOwnCluster();
    const [, deploy = "", forward = ""] = readme;
    await user.paste(deploy);
    const forwarded = user.start(forward);
    await eventually("the answer through the port", async () => {
      const { status, stdout } = await execute(inEngine(["curl", "--silent", "localhost:8080/health"]));
      return status === 0 && stdout === '{"Status":"OK"}' ? true : undefined;
    });
    await forwarded.stop();
  });

  await t.test("a builder without the machine's network is refused before a build, named or chosen", async () => {
    const apart = { BUILDX_CONFIG: join(engineFiles.home, "apart") };
    await user.paste("docker buildx create --name apart\npulumi config set rebuild again", apart);
    await user.paste("pulumi config set builder apart");
    const why =
      /doesn't reach the registry localhost:5001: .*docker buildx create --name NAME --driver-opt network=host/;
    assert.match(await user.fails("pulumi preview", apart), why);
    await user.paste("pulumi config rm builder");
    const forgotten = await user.fails("pulumi preview", apart);
    assert.match(forgotten, /the config key builder is missing, and no builder of buildx reaches the registry/);
    await user.paste("pulumi config set builder ping\ndocker buildx rm apart", apart);
  });

  await t.test("a registry with a password wants docker login, which is all that a build needs", async () => {
    await makePasswordRegistry();
    await user.paste("pulumi config set registry localhost:5002/ping");
    assert.match(
      await user.fails("pulumi preview"),
      /nobody is logged in to the registry localhost:5002, .*docker login/,
    );
    await user.paste(`echo ${password} | docker login --username ping --password-stdin localhost:5002\npulumi preview`);
    await user.paste("docker rm --force --volumes locked\npulumi config set registry localhost:5001/ping");
  });

  await t.test("its clean-up leaves nothing in the cluster, and in Docker what was there before", async () => {
    const [, , , cleanUp = ""] = readme;
    await user.paste(cleanUp);
    assert.equal(await onEngine("kubectl", "get", "namespaces", "--ignore-not-found", "ping-mine"), "");
    const { containers } = await leftovers();
    assert.deepEqual(containers.trim().split("\n").sort(), ["kind-control-plane", "registry"]);
    await removeOwnCluster();
    assert.deepEqual(await leftovers(), nothing);
    assert.deepEqual(readdirSync(join(engineFiles.config, "buildx", "instances")), []);
  });

  await t.test("the engine leaves nothing on the machine but its images", async () => {
    await stopEngine();
    assert.deepEqual(await traces(), before);
  });
});
