import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

/** What is wrong → the stack's configuration, and what the error must say. */
const cases: Readonly<Record<string, { config: Readonly<Record<string, unknown>>; says: RegExp[] }>> = {
  "an unknown key": { config: { helthPath: "/health" }, says: [/ping:helthPath/, /did you mean ping:healthPath/] },
  "a wrong type": { config: { replicas: "three" }, says: [/ping:replicas/, /three/] },
  "an unknown platform": { config: { platforms: ["linux/arm65"] }, says: [/linux\/arm65/, /linux\/arm64/] },
  "a port out of range": { config: { port: 70000 }, says: [/ping:port/, /70000/, /65535/] },
  "an app directory without a Dockerfile": { config: { app: "./docs-none" }, says: [/ping:app/, /docs-none/] },
  "a context that doesn't exist": { config: { cluster: { context: "nowhere" } }, says: [/nowhere/, /sandbox/] },
  "a registry that is down": {
    config: { registry: { url: "localhost:15999/ping" } },
    says: [/localhost:15999/, /ECONNREFUSED/],
  },
  "a base image that can't be looked up": {
    config: { bases: { "golang:1.26": "localhost:15999/golang" } },
    says: [/golang:1\.26 of app\/Dockerfile/, /localhost:15999/, /ECONNREFUSED/],
  },
  "a base that the Dockerfile doesn't start from": {
    config: { bases: { "golang:1.25": "localhost:15000/library/golang" } },
    says: [/golang:1\.25/, /app\/Dockerfile starts from golang:1\.26/],
  },
  "a builder that doesn't exist": { config: { builder: "nobody" }, says: [/nobody/] },
  "a tag where a digest is required": {
    config: { image: "localhost:15000/ping:latest" },
    says: [/ping:image/, /sha256/],
  },
};

test("bad input gets a clear error before anything is built or changed", async (t) => {
  const env = await sandboxEnvironment();
  await withProject("e2e-bad-input", env, {}, async (project) => {
    for (const [what, { config, says }] of Object.entries(cases)) {
      await t.test(`${what} is named, and nothing is created`, async () => {
        project.configure(config);
        const { status, stdout, stderr } = await project.tryPulumi("up", "--yes", "--skip-preview");
        const output = stdout + stderr;
        assert.notEqual(status, 0, output);
        for (const text of says) {
          assert.match(output, text);
        }
        assert.doesNotMatch(output, /at .*\.(ts|js):\d+/, "a stack trace is no explanation");
        const kinds = await project.kubectl("get", "namespaces", "-o", "name");
        assert.ok(!kinds.includes(`namespace/${project.namespace}\n`), "the namespace was created");
      });
    }
    await t.test("an image that lacks a platform is refused before anything of the cluster is there", async () => {
      project.configure({});
      const { image } = await project.up();
      await project.pulumi("destroy", "--yes", "--skip-preview");
      project.configure({ image, platforms: ["linux/amd64", "linux/s390x"] });
      const { status, stdout, stderr } = await project.tryPulumi("up", "--yes", "--skip-preview");
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, /has no manifest for linux\/s390x; it has linux\/amd64, linux\/arm64/);
      const found = await project.kubectl("get", "namespaces", "-o", "name");
      assert.ok(!found.includes(project.namespace), found);
    });
    project.configure({});
    await t.test("an app whose Dockerfile is missing is named", async () => {
      rmSync(join(project.cwd, "app", "Dockerfile"));
      const { status, stdout, stderr } = await project.tryPulumi("preview");
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, /app\/Dockerfile/);
    });
  });
});
