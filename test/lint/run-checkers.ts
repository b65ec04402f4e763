import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dump } from "js-yaml";
import { Failure } from "../../common";
import { lintWaivers } from "../../infra/service";
import { isUp } from "../sandbox/choose-ground";
import { checkout } from "../sandbox/ground/paths";
import { step } from "../sandbox/ground/progress";
import { checkers } from "../sandbox/toolchain/binaries";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { pythonEnvironment } from "../sandbox/toolchain/python";
import { succeed } from "../support/execute";
import { npm } from "../support/npm";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { dryRun } from "./api-server";
import { checkov } from "./checkov";
import { hadolint } from "./dockerfiles";
import { type Finding, format, judge } from "./finding";
import { kubeScore } from "./kube-score";
import { type Manifest, manifestsOf } from "./manifests";
import { govulncheck } from "./vulnerabilities";
import { actionlint, zizmor } from "./workflows";

const help = `npm run lint:manifests

Runs the checkers on what the program registers, on the service, the Dockerfiles and the workflows: kube-score, checkov, a
strict server-side dry run (in the sandbox: as root, or where it is up), govulncheck, hadolint, actionlint and zizmor. Ends with 1 where one
objects to something that infra/service/lint-waivers.ts doesn't name, or a waiver there has become needless.
`;

/** Keys that the stacks below encrypt where they have them. */
const encrypted = ["env", "registry"];

/** Stacks whose objects are looked at: name → config. Between them they register everything that the program can. */
const stacks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  default: {},
  fixed: { replicas: { min: 2, max: 2 } },
  everything: {
    port: 9090,
    healthPath: "/healthz",
    env: { TOKEN: "secret" },
    registry: { username: "user", password: "secret" },
    replicas: { min: 3, max: 5 },
    migrate: { args: ["migrate"] },
    onClose: { args: ["drop"] },
    resources: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } },
    egress: [{ cidr: "192.0.2.0/24", ports: [5432] }, { cidr: "2001:db8::/32" }],
  },
};

/** Copied as Dockerfiles for checkov, which knows them by that name. */
const dockerfiles = {
  app: "app/Dockerfile",
  greeter: "test/e2e/fixtures/greeter/build/Containerfile",
  "private-modules": "test/e2e/fixtures/private-modules/service/Dockerfile",
};

const workflows = ".github/workflows";

function workflowFiles(): string[] {
  const directory = join(checkout, workflows);
  if (!existsSync(directory)) {
    return [];
  }
  return readdirSync(directory)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(workflows, name));
}

/** The files that checkov and kube-score read: every stack's objects, the Dockerfiles, the workflows. */
function writeFiles(directory: string, manifests: ReadonlyMap<string, readonly Manifest[]>): void {
  for (const [stack, objects] of manifests) {
    mkdirSync(join(directory, stack), { recursive: true });
    const documents = objects.map((object) => dump(object, { noRefs: true }));
    writeFileSync(join(directory, stack, "manifests.yaml"), documents.join("---\n"));
  }
  for (const [name, file] of Object.entries(dockerfiles)) {
    mkdirSync(join(directory, "images", name), { recursive: true });
    cpSync(join(checkout, file), join(directory, "images", name, "Dockerfile"));
  }
  for (const file of workflowFiles()) {
    cpSync(join(checkout, file), join(directory, file));
  }
}

/** Runs each of these in turn, with its progress shown. */
async function each<T>(title: string, items: Iterable<T>, check: (item: T) => Promise<Finding[]>): Promise<Finding[]> {
  return step(title, async () => {
    const findings: Finding[] = [];
    for (const item of items) {
      findings.push(...(await check(item)));
    }
    return findings;
  });
}

/** Everything that a checker objects to. */
async function check(directory: string): Promise<Finding[]> {
  const { signal } = new AbortController();
  const [go = ""] = await buildBinaries(signal, [checkers]);
  const python = await pythonEnvironment("checkers", join(__dirname, "requirements.txt"), signal);

  const manifests = new Map<string, Manifest[]>();
  await step("running the program for its manifests", async () => {
    for (const [stack, config] of Object.entries(stacks)) {
      manifests.set(stack, await manifestsOf(`lint-${stack}-${process.pid}`, config, encrypted));
    }
  });
  const files = join(directory, "files");
  writeFiles(files, manifests);
  const written = workflowFiles();

  const findings = [
    ...(await each("kube-score", manifests.keys(), (stack) =>
      kubeScore(join(go, "kube-score"), join(files, stack, "manifests.yaml")),
    )),
    ...(await each("checkov", [files], () =>
      checkov(join(python, "checkov"), files, [
        "kubernetes",
        "dockerfile",
        ...(written.length > 0 ? ["github_actions" as const] : []),
      ]),
    )),
    ...(await each("govulncheck", ["app"], (module) => govulncheck(join(go, "govulncheck"), join(checkout, module)))),
    ...(await each("hadolint", [Object.values(dockerfiles)], (list) => hadolint(join(python, "hadolint"), list))),
  ];
  if (written.length === 0) {
    process.stderr.write(`! no actionlint and no zizmor: there is no ${workflows}\n`);
  } else {
    findings.push(
      ...(await each("actionlint", [written], (list) => actionlint(join(go, "actionlint"), list))),
      ...(await each("zizmor", [[dirname(workflows)]], (list) => zizmor(join(python, "zizmor"), list))),
    );
  }
  if (process.getuid?.() !== 0 && !(await isUp())) {
    process.stderr.write("! no dry run by the API server: the sandbox is down\n");
  } else {
    findings.push(...(await apiServer(directory, manifests)));
  }
  return findings;
}

async function apiServer(directory: string, manifests: ReadonlyMap<string, Manifest[]>): Promise<Finding[]> {
  const wasUp = await isUp();
  try {
    const env = wasUp
      ? await sandboxEnvironment()
      : await step("bringing the sandbox up; the first time takes minutes", sandboxEnvironment);
    return await each("dry run by the API server", manifests, ([stack, objects]) =>
      dryRun(objects, join(directory, stack), env),
    );
  } finally {
    if (!wasUp) {
      await succeed(npm("sandbox:down"), { cwd: checkout });
    }
  }
}

async function main(args: string[]): Promise<number> {
  if (args.length > 0) {
    process.stdout.write(help);
    return args.every((arg) => ["--help", "-h"].includes(arg)) ? 0 : 2;
  }
  process.chdir(checkout);
  const directory = mkdtempSync(join(tmpdir(), "ping-lint-"));
  try {
    const { open, waived, needless } = judge(await check(directory), lintWaivers);
    for (const { finding, reason } of waived) {
      process.stdout.write(`waived: ${format(finding)}\n        because ${reason}\n`);
    }
    for (const finding of open) {
      process.stdout.write(`${format(finding)}\n`);
    }
    for (const { checker, rule } of needless) {
      process.stdout.write(`infra/service/lint-waivers.ts  ${checker}  ${rule}: nothing objects to this any more\n`);
    }
    const problems = open.length + needless.length;
    process.stdout.write(`${problems} findings, ${lintWaivers.length} waivers\n`);
    return problems === 0 ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`error: ${error instanceof Failure ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
