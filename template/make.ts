// npm run template -- DIRECTORY: writes a template for `pulumi new`, which is this project without its tests, delivery and
// sandbox. The workflow template.yml pushes it to the branch of that name.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { Failure } from "../common";

/** Folders that go along as they are, without Go's tests. */
const copied = ["app", "common", "infra", "loader"];

/** Of Pulumi.yaml: what `pulumi new` asks for beyond the names. It can ask for texts alone. */
const asked = `template:
  displayName: Go service on Kubernetes
  description: A Go HTTP service from source to a Kubernetes cluster
  config:
    registry:
      description: Where images go, as host[:port]/path
    cluster:
      description: The context of your kubeconfig
# No key declares a type, since infra/config checks them all. "" and {} stand for a key that isn't set.
`;

const packageFile = z.object({
  license: z.string(),
  engines: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});

/** The template's files: path → content. */
export function templateFiles(): ReadonlyMap<string, string> {
  const own = ["LICENSE", ".gitignore", ...copied.flatMap(filesIn)].map(
    (file) => [file, readFileSync(file, "utf8")] as const,
  );
  const repository = process.env["GITHUB_REPOSITORY"] ?? "example/ping";
  const added = ["README.md", "test/stacks.test.ts"].map((file) => {
    const content = readFileSync(join(__dirname, "files", file), "utf8");
    return [file, content.replaceAll("example/ping", repository)] as const;
  });
  const code = [...own, ...added].filter(([file]) => /\.[jt]s$/.test(file)).map(([, content]) => content);
  return new Map([
    ...own,
    ...added,
    ["Pulumi.yaml", projectFile(readFileSync("Pulumi.yaml", "utf8"))],
    ["package.json", `${JSON.stringify(packageOf(code), null, 2)}\n`],
    [
      "tsconfig.json",
      readFileSync("tsconfig.json", "utf8").replace(
        /"include": [^]*/,
        '"include": ["common", "infra", "loader", "test"]\n}\n',
      ),
    ],
  ]);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith("_test.go"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Pulumi.yaml, in which the CLI puts the new project's name and description in the places of the placeholders. */
function projectFile(own: string): string {
  return own
    .replace(/^name: .*/m, "name: ${PROJECT}")
    .replace(/^description: .*/m, "description: ${DESCRIPTION}")
    .replace(/^# `npm run generate` writes [^]*?(?=^config:)/m, asked);
}

/** The packages that the code loads, in the versions of this project. */
function packageOf(code: readonly string[]) {
  const { dependencies, devDependencies, ...rest } = packageFile.parse(
    JSON.parse(readFileSync("package.json", "utf8")),
  );
  const loaded = code.flatMap((text) => [...text.matchAll(/(?:from|require\(|import\(?) ?"((?:@[\w-]+\/)?[\w-]+)/g)]);
  const names = new Set(loaded.map(([, name]) => name));
  const pick = (versions: Readonly<Record<string, string>>, isNeeded: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(versions).filter(([name]) => isNeeded(name)));
  return {
    name: "${PROJECT}",
    version: "0.0.0",
    private: true,
    ...rest,
    main: "infra/index.ts",
    scripts: { test: "tsc && node --require ./loader --test test/*.test.ts" },
    dependencies: pick(dependencies, (name) => names.has(name)),
    devDependencies: pick(devDependencies, (name) => ["@types/node", "typescript"].includes(name)),
  };
}

if (require.main === module) {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) {
    throw new Failure("npm run template needs a directory to write into: npm run template -- DIRECTORY");
  }
  for (const [file, content] of templateFiles()) {
    const target = resolve(directory, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  // npm keeps the versions of what the template needs, and drops the rest.
  cpSync("package-lock.json", join(directory, "package-lock.json"));
  execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: directory,
    stdio: "inherit",
  });
}
