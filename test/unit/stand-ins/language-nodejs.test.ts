import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { version } from "@pulumi/pulumi/package.json";
import { LanguageRuntimeClient, LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  AboutRequest,
  GetRequiredPackagesRequest,
  type GetRequiredPackagesResponse,
  ProgramInfo,
  RunPluginRequest,
  type RunPluginResponse,
  RunRequest,
  type RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { eventually } from "../../support/eventually";
import { LanguageHost } from "../../stand-ins/language/host";
import { outcome } from "../../stand-ins/language/program";
import { type Properties, toStruct } from "../../stand-ins/values";
import { ask, type Running, startPlugin } from "./plugin";

let directory: string;
let host: LanguageHost;
let plugin: Running<LanguageRuntimeClient>;

/** Stands in for the SDK's runner: writes down how it was started, then does what its entry point says. */
const runner = `
const { writeFileSync } = require("node:fs");
const { argv, execArgv, env } = process;
const seen = Object.fromEntries(Object.entries(env).filter(([key]) => key.startsWith("PULUMI_")));
const action = argv.at(-1);
writeFileSync(process.cwd() + "/" + action + ".json", JSON.stringify({ argv: argv.slice(2), execArgv, env: seen }));
if (action === "hang") setInterval(() => {}, 1000);
else process.exit(Number(action));
`;

/** Stands in for the SDK's runner of policy packs: says where it is and how it was started, and ends or stays. */
const policyRunner = `
const { argv, env } = process;
process.stderr.write("in " + process.cwd());
process.stdout.write(JSON.stringify({ argv: argv.slice(2), env: { ONE: env.ONE, HOME: env.HOME } }));
if (env.ONE === "stay") setInterval(() => {}, 1000);
else process.exitCode = 3;
`;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "stand-in-language-"));
  const sdk = join(directory, "node_modules/@pulumi/pulumi");
  await mkdir(join(sdk, "cmd"), { recursive: true });
  await writeFile(join(sdk, "package.json"), JSON.stringify({ name: "@pulumi/pulumi", version: "3.0.0" }));
  await writeFile(join(sdk, "cmd/run.js"), runner);
  await writeFile(join(sdk, "cmd/run-policy-pack.js"), policyRunner);
  host = new LanguageHost("engine:1");
  plugin = await startPlugin(LanguageRuntimeService, host.implementation(), LanguageRuntimeClient);
});

after(async () => {
  await host.stop();
  plugin.stop();
  await rm(directory, { recursive: true });
});

const plainNode = { typescript: false, nodeargs: "--no-warnings --title=ping" };

function info(entryPoint = ".", program = directory, options: Properties = plainNode): ProgramInfo {
  return new ProgramInfo()
    .setRootDirectory("/root")
    .setProgramDirectory(program)
    .setEntryPoint(entryPoint)
    .setOptions(toStruct(options));
}

function runRequest(action: string, program = directory): RunRequest {
  const request = new RunRequest().setMonitorAddress("monitor:2").setProject("ping").setStack("dev");
  request.setOrganization("org").setDryrun(true).setParallel(4).setInfo(info(action, program));
  request.getConfigMap().set("ping:key", "value");
  return request.setConfigsecretkeysList(["ping:key"]);
}

const run = (action: string) => ask<RunResponse>((done) => plugin.client.run(runRequest(action), done));

test("a program is started as the SDK's runner expects it", async () => {
  const response = await run("0");
  assert.deepEqual(response.toObject(), { bail: false, error: "" });
  assert.deepEqual(JSON.parse(await readFile(join(directory, "0.json"), "utf8")), {
    argv: [
      ...["--monitor", "monitor:2", "--engine", "engine:1", "--organization", "org", "--project", "ping"],
      ...["--root-directory", "/root", "--stack", "dev", "--pwd", directory, "--dry-run", "--parallel", "4", "0"],
    ],
    execArgv: ["--no-warnings", "--title=ping"],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => key.startsWith("PULUMI_"))),
      PULUMI_CONFIG: '{"ping:key":"value"}',
      PULUMI_CONFIG_SECRET_KEYS: '["ping:key"]',
      PULUMI_NODEJS_TYPESCRIPT: "false",
    },
  });
});

test("without runtime options the SDK is told to load ts-node", async () => {
  const request = runRequest("0").setInfo(info("0", directory, {}));
  await ask<RunResponse>((done) => plugin.client.run(request, done));
  const { execArgv, env } = JSON.parse(await readFile(join(directory, "0.json"), "utf8")) as Record<string, object>;
  assert.deepEqual(execArgv, []);
  assert.equal(env && Reflect.get(env, "PULUMI_NODEJS_TYPESCRIPT"), "true");
});

test("a program that has said what is wrong is a bail, any other failure an error", async () => {
  assert.deepEqual((await run("32")).toObject(), { bail: true, error: "" });
  assert.deepEqual((await run("3")).toObject(), { bail: false, error: "Program exited with non-zero exit code: 3" });
  assert.deepEqual(outcome(null, "SIGKILL"), { bail: false, error: "Program exited unexpectedly: killed by SIGKILL" });
});

test("stopping the host ends its programs", async () => {
  const other = new LanguageHost("");
  const served = await startPlugin(LanguageRuntimeService, other.implementation(), LanguageRuntimeClient);
  const running = ask<RunResponse>((done) => served.client.run(runRequest("hang"), done));
  await eventually("the program", async () => (await exists(join(directory, "hang.json"))) || undefined);
  await other.stop();
  assert.equal((await running).getError(), "Program exited unexpectedly: killed by SIGTERM");
  served.stop();
});

/** Starts a plugin and collects what comes back, until it ends. */
async function runPlugin(request: RunPluginRequest, client = plugin.client) {
  const found = { stdout: "", stderr: "", exitCode: -1 };
  for await (const response of client.runPlugin(request) as AsyncIterable<RunPluginResponse>) {
    found.stdout += Buffer.from(response.getStdout_asU8()).toString();
    found.stderr += Buffer.from(response.getStderr_asU8()).toString();
    found.exitCode = response.hasExitcode() ? response.getExitcode() : found.exitCode;
  }
  return found;
}

const policyPack = (variable: string) =>
  new RunPluginRequest()
    .setKind("analyzer")
    .setInfo(info())
    .setArgsList(["engine:1"])
    .setEnvList([`ONE=${variable}`]);

test("a policy pack is started as the SDK's runner expects it, and what it writes reaches the engine", async () => {
  assert.deepEqual(await runPlugin(policyPack("a=b")), {
    stdout: JSON.stringify({ argv: ["engine:1", directory], env: { ONE: "a=b" } }),
    stderr: `in ${directory}`,
    exitCode: 3,
  });
});

test("stopping the host ends its policy packs", async () => {
  const other = new LanguageHost("");
  const served = await startPlugin(LanguageRuntimeService, other.implementation(), LanguageRuntimeClient);
  const running = runPlugin(policyPack("stay"), served.client);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await other.stop();
  assert.equal((await running).exitCode, 1);
  served.stop();
});

test("no other plugin is run, and a policy pack without the SDK is told to install it", async () => {
  const provider = policyPack("x").setKind("resource");
  await assert.rejects(runPlugin(provider), /runs no plugin of the kind resource/);
  await assert.rejects(
    runPlugin(policyPack("x").setInfo(info(".", tmpdir()))),
    /@pulumi\/pulumi is not installed in .*npm ci/,
  );
});

test("a program without the SDK is told to install it", async () => {
  const request = runRequest("0", tmpdir());
  await assert.rejects(
    ask((done) => plugin.client.run(request, done)),
    /@pulumi\/pulumi is not installed in .*npm ci/,
  );
});

test("the CLI finds the host in the SDK's version, and no plugin to install", async () => {
  const plugins = await ask<PluginInfo>((done) => plugin.client.getPluginInfo(new Empty(), done));
  assert.deepEqual(plugins.toObject(), { version });
  const request = new GetRequiredPackagesRequest().setInfo(info());
  const packages = await ask<GetRequiredPackagesResponse>((done) => plugin.client.getRequiredPackages(request, done));
  assert.deepEqual(packages.toObject(), { packagesList: [], specsList: [] });
});

test("what no command in use asks for is unimplemented", async () => {
  await assert.rejects(
    ask((done) => plugin.client.about(new AboutRequest(), done)),
    { code: status.UNIMPLEMENTED },
  );
});

async function exists(path: string): Promise<boolean> {
  try {
    return (await readFile(path)).length > 0;
  } catch {
    return false;
  }
}
