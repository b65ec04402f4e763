import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { writeStandIns } from "../../stand-ins/bundle";

let directory: string;
let executables: string[];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "stand-ins-"));
  const directories = { bin: join(directory, "bin"), pulumiHome: join(directory, "home") };
  executables = await writeStandIns(["language-nodejs", "docker", "aws"], directories);
});

after(() => rm(directory, { recursive: true }));

test("stand-ins are where Pulumi looks for them, the providers in the version of the SDK", () => {
  assert.deepEqual(
    executables.map((path) => relative(directory, path)),
    [
      "bin/pulumi-language-nodejs",
      `home/plugins/resource-docker-v${dockerVersion}/pulumi-resource-docker`,
      `home/plugins/resource-aws-v${awsVersion}/pulumi-resource-aws`,
    ],
  );
});

test("each stand-in starts from its one file, prints a port, and ends with the engine", async () => {
  for (const path of executables) {
    // No node_modules and no environment: the file has to be all that it needs.
    const plugin = spawn(path, ["127.0.0.1:1"], { cwd: directory, env: {}, stdio: ["pipe", "pipe", "inherit"] });
    const [printed] = (await once(plugin.stdout, "data")) as [Buffer];
    assert.match(printed.toString(), /^\d+\n$/, path);
    plugin.stdin.end();
    assert.deepEqual(await once(plugin, "exit"), [0, null], path);
  }
});
