import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkout } from "../sandbox/ground/paths";
import { succeed } from "../support/execute";
import { directoryWith } from "../support/files";
import { npm } from "../support/npm";
import { sandboxEnvironment } from "../support/sandbox-environment";

test("pulumi new makes a project of the template, whose own test passes and whose preview builds", async (t) => {
  const folder = directoryWith(t);
  const [template, cwd] = [join(folder, "template"), join(folder, "orders")];
  const state = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "new" };
  const env = { ...(await sandboxEnvironment()), ...state };
  await succeed(npm("template", "--", template), { cwd: checkout, env });

  const [registry, cluster] = ["localhost:15000/orders", "sandbox"];
  const names = ["--name", "orders", "--stack", "dev"] as const;
  // The packages are those of this checkout, in the same versions: the rest of `pulumi new` is `npm install`.
  await succeed(["pulumi", "new", template, "--yes", "--generate-only", "--dir", cwd, ...names], { env });
  symlinkSync(join(checkout, "node_modules"), join(cwd, "node_modules"));
  const pulumi = (...args: string[]) => succeed(["pulumi", ...args], { cwd, env });
  await pulumi("stack", "init", "dev");
  await pulumi("config", "set", "registry", registry);
  await pulumi("config", "set", "cluster", cluster);
  await pulumi("config", "set", "builder", "sandbox");
  await pulumi("config", "set", "--path", 'bases["golang:1.26"]', "localhost:15000/library/golang:1.26");
  await pulumi("config", "set", "--secret", "--path", "env.TOKEN", "hush");

  await succeed(["npm", "test"], { cwd, env });
  const { steps } = JSON.parse(await pulumi("preview", "--json")) as { steps: { op: string; urn: string }[] };
  const made = steps
    .filter(({ op }) => op === "create")
    .map(({ urn }) => urn.replace(/^.*\$/, "").replace(/^urn.*?::.*?::/, ""));
  assert.ok(
    made.some((urn) => urn.endsWith("docker-build:index:Image::orders-build")),
    made.join("\n"),
  );
  assert.ok(
    made.some((urn) => urn.endsWith("kubernetes:apps/v1:Deployment::orders-deployment")),
    made.join("\n"),
  );
});
