import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { test } from "node:test";
import { load } from "js-yaml";
import { z } from "zod";
import { templateFiles } from "../../../template/make";

const files = templateFiles();
const content = (file: string) => files.get(file) ?? assert.fail(`${file} is missing`);

test("a new project has the service, the program and a test of its own, and none of this project's tests", () => {
  assert.deepEqual([...new Set([...files.keys()].map((file) => file.replace(/\/.*/, "/")))].sort(), [
    ".gitignore",
    "LICENSE",
    "Pulumi.yaml",
    "README.md",
    "app/",
    "common/",
    "infra/",
    "loader/",
    "package.json",
    "test/",
    "tsconfig.json",
  ]);
  const tests = [...files.keys()].filter((file) => /test/.test(file));
  assert.deepEqual(tests, ["test/stacks.test.ts"]);
  assert.ok(["app/main.go", "infra/index.ts", "loader/index.js"].every((file) => files.has(file) && existsSync(file)));
});

test("pulumi new asks for a registry and a context, beyond the names", () => {
  const { name, description, template } = z
    .object({
      name: z.string(),
      description: z.string(),
      template: z.object({ config: z.record(z.string(), z.strictObject({ description: z.string() })) }),
    })
    .parse(load(content("Pulumi.yaml")));
  assert.deepEqual([name, description], ["${PROJECT}", "${DESCRIPTION}"]);
  assert.deepEqual(Object.keys(template.config), ["registry", "cluster"]);
});

test("the CLI's placeholders stand nowhere else, since it would fill them in", () => {
  const filled = [...files].filter(([, text]) => /\$\{(PROJECT|DESCRIPTION)\}/.test(text)).map(([file]) => file);
  assert.deepEqual(filled.sort(), ["Pulumi.yaml", "README.md", "package.json"]);
});

test("a new project asks for the packages that its code loads, and no others", () => {
  const { dependencies, devDependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(content("package.json")));
  const loaded = [...files]
    .filter(([file]) => /\.[jt]s$/.test(file))
    .flatMap(([, text]) => [
      ...text.matchAll(/(?:^import .*from|^} from|^import|require\(|import\() ?"([^."][^"]*)"/gm),
    ])
    .map(([, module = ""]) => /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? "")
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name));
  assert.deepEqual(Object.keys(dependencies).sort(), [...new Set(loaded)].sort());
  assert.deepEqual(Object.keys(devDependencies), ["@types/node", "typescript"]);
});
