import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { podOf, dryRun } from "../lint/api-server";
import { checkov } from "../lint/checkov";
import { hadolint } from "../lint/dockerfiles";
import type { Finding } from "../lint/finding";
import { kubeScore } from "../lint/kube-score";
import { type Manifest, manifestsOf } from "../lint/manifests";
import { govulncheck } from "../lint/vulnerabilities";
import { actionlint, zizmor } from "../lint/workflows";
import { checkout } from "../sandbox/ground/paths";
import { checkers } from "../sandbox/toolchain/binaries";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { pythonEnvironment } from "../sandbox/toolchain/python";
import { execute, succeed } from "../support/execute";
import { npm } from "../support/npm";
import { type Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";

test("the checkers find nothing, with at most six waivers", async () => {
  const { status, stdout, stderr } = await execute(npm("lint:manifests"), { cwd: checkout });
  assert.equal(status, 0, stdout + stderr);
  const [, waivers] = /^0 findings, (\d+) waivers$/m.exec(stdout) ?? [];
  assert.ok(Number(waivers) <= 6, stdout);
  for (const checker of ["kube-score", "checkov", "govulncheck", "hadolint", "dry run by the API server"]) {
    assert.match(stderr, new RegExp(`^✓ ${checker} `, "m"));
  }
});

test("each checker finds what is wrong", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-lint-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { signal } = new AbortController();
  const [go = ""] = await buildBinaries(signal, [checkers]);
  const python = await pythonEnvironment("checkers", join(checkout, "test/lint/requirements.txt"), signal);
  const rules = (findings: readonly Finding[]) => new Set(findings.map(({ rule, object }) => `${rule} ${object}`));
  const write = (path: string, text: string) => {
    const file = join(directory, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const manifests = await manifestsOf("lint-loose", {});

  await t.test("in objects", async () => {
    const loose = loosened(manifests, { privileged: true });
    // JSON is YAML.
    const file = write("files/manifests.yaml", loose.map((each) => JSON.stringify(each)).join("\n---\n"));
    const scores = rules(await kubeScore(join(go, "kube-score"), file));
    assert.ok(scores.has("container-security-context-privileged Deployment/ping"), [...scores].join());
    write("files/Dockerfile", "FROM scratch\nUSER root\n");
    const found = rules(await checkov(join(python, "checkov"), join(directory, "files"), ["kubernetes", "dockerfile"]));
    assert.ok(found.has("CKV_K8S_16 Deployment/ping"), [...found].join());
    assert.ok(found.has("CKV_DOCKER_2 /Dockerfile"), [...found].join());
  });

  await t.test("in a Dockerfile", async () => {
    const file = write("hadolint/Dockerfile", "FROM debian:latest\n");
    assert.deepEqual(rules(await hadolint(join(python, "hadolint"), [file])), new Set([`DL3007 ${file}:1`]));
  });

  await t.test("in what a Go module calls of another", async () => {
    const module = dirname(write("go/go.mod", "module loose\n\ngo 1.26\n"));
    const call = "func main() { _, _, _ = new(websocket.Conn).ReadMessage() }";
    write("go/main.go", `package main\n\nimport "github.com/gorilla/websocket"\n\n${call}\n`);
    await succeed(["go", "-C", module, "get", "github.com/gorilla/websocket@v1.4.0"]);
    const found = rules(await govulncheck(join(go, "govulncheck"), module));
    assert.ok(found.has("GO-2020-0019 github.com/gorilla/websocket@v1.4.0"), [...found].join());
  });

  await t.test("in a workflow", async () => {
    const script =
      "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.head_ref }} ${{ nothing }}\n";
    const file = write(".github/workflows/bad.yml", `on: push\n${script}`);
    // actionlint and zizmor differ in how they write the path.
    const has = (findings: readonly Finding[], rule: string) =>
      findings.some((each) => each.rule === rule && each.object.endsWith(".github/workflows/bad.yml:6"));
    assert.ok(has(await actionlint(join(go, "actionlint"), [file]), "expression"));
    assert.ok(has(await zizmor(join(python, "zizmor"), [file]), "template-injection"));
  });

  await t.test("to the API server", async () => {
    const env = await sandboxEnvironment();
    const loose = loosened(manifests, { allowPrivilegeEscalation: true });
    const [deployment] = loose.filter(({ kind }) => kind === "Deployment");
    const findings = await dryRun(
      [...loose.filter((each) => each !== deployment), { ...deployment, spek: {} } as Manifest],
      join(directory, "objects"),
      env,
    );
    assert.deepEqual(
      findings.map(({ rule, object }) => `${rule} ${object}`),
      ["refusal Deployment/ping", "refusal Pod/ping"],
    );
    assert.match(findings[0]?.message ?? "", /\.spek: field not declared in schema/);
    assert.match(
      findings[1]?.message ?? "",
      /violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
    );
    const left = await execute(["kubectl", "get", "namespace/ping-lint-loose"], {
      env,
    });
    assert.match(left.stderr, /NotFound/);
  });
});

test("pods run as restricted as they are declared", async (t) => {
  const egress = [{ cidr: "192.0.2.0/24", ports: [5432] }];
  await withProject("e2e-manifests", await sandboxEnvironment(), { egress }, async (project) => {
    const { service } = await project.up();
    const registered = await manifestsOf(project.stack, { egress, replicas: { min: 2, max: 2 } });
    const inputs = (kind: string) => registered.find((each) => each.kind === kind);

    // The sandbox's network doesn't enforce policies: that one keeps traffic away can't be seen here.
    await t.test("policy and account are there as they were registered", async () => {
      for (const [kind, name] of [
        ["NetworkPolicy", service],
        ["ServiceAccount", service],
      ] as const) {
        assertHolds(await project.get<object>(kind, name), inputs(kind), kind);
      }
    });

    await t.test("the API server keeps every field as it was registered", async () => {
      await project.pulumi("refresh", "--yes", "--skip-preview");
      await project.pulumi("preview", "--expect-no-changes");
    });

    const pods = await project.pods();

    await t.test("pods have that account, no token, and no volume but the one of /tmp", () => {
      assert.equal(pods.length, 2);
      for (const { spec } of pods) {
        const { serviceAccountName, automountServiceAccountToken, volumes } = spec;
        assert.deepEqual(
          { serviceAccountName, automountServiceAccountToken, volumes },
          {
            serviceAccountName: service,
            automountServiceAccountToken: false,
            volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }],
          },
        );
      }
    });

    await t.test("processes have no privileges, and nothing but /tmp to write to", () => {
      for (const { metadata } of pods) {
        const pid = processOf(metadata.uid, "/ping");
        const none = "0000000000000000";
        assert.deepEqual(
          statusOf(
            pid,
            "Uid",
            "Gid",
            "Groups",
            "NoNewPrivs",
            "Seccomp",
            "CapEff",
            "CapPrm",
            "CapBnd",
            "CapInh",
            "CapAmb",
          ),
          {
            ...{ Uid: "65532 65532 65532 65532", Gid: "65532 65532 65532 65532", Groups: "65532" },
            ...{ NoNewPrivs: "1", Seccomp: "2" },
            ...{ CapEff: none, CapPrm: none, CapBnd: none, CapInh: none, CapAmb: none },
          },
        );
        const root = `/proc/${pid}/root`;
        assert.throws(() => writeFileSync(`${root}/new`, ""), { code: "EROFS" });
        assert.equal(statSync(`${root}/tmp`).mode & 0o777, 0o777);
        writeFileSync(`${root}/tmp/new`, "");
        assert.equal(existsSync(`${root}/var/run/secrets`), false);
        assert.equal(existsSync(`${root}/run/secrets`), false);
      }
    });

    await t.test("the namespace takes the program's pod, and none that is looser", async () => {
      const deployment = await project.get<Manifest>("deployment", service);
      assert.deepEqual(await admission(project, podOf(deployment)), { status: 0, message: "" });
      const cases: [object, object, string][] = [
        [
          { allowPrivilegeEscalation: true },
          {},
          'allowPrivilegeEscalation != false (container "ping" must set securityContext.allowPrivilegeEscalation=false)',
        ],
        [
          { capabilities: {} },
          {},
          'unrestricted capabilities (container "ping" must set securityContext.capabilities.drop=["ALL"])',
        ],
        [{ runAsUser: 0 }, {}, 'runAsUser=0 (container "ping" must not set runAsUser=0)'],
        [
          { runAsNonRoot: false },
          {},
          'runAsNonRoot != true (container "ping" must not set securityContext.runAsNonRoot=false)',
        ],
        [
          {},
          { seccompProfile: undefined },
          'seccompProfile (pod or container "ping" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
        ],
      ];
      for (const [container, pod, reason] of cases) {
        const [loose] = loosened([deployment], container, pod);
        assert.ok(loose);
        const { status, message } = await admission(project, podOf(loose));
        assert.equal(status, 1, reason);
        assert.ok(message.includes(`violates PodSecurity "restricted:latest": ${reason}`), message);
      }
    });
  });
});

const workload = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        securityContext: z.looseObject({}),
        containers: z.array(z.looseObject({ securityContext: z.looseObject({}) })),
      }),
    }),
  }),
});

/** The same objects, with these settings in the security contexts of the Deployment's container and pod. */
function loosened(manifests: readonly Manifest[], container: object, pod: object = {}): Manifest[] {
  return manifests.map((manifest) => {
    if (manifest.kind !== "Deployment") {
      return manifest;
    }
    const copy = workload.parse(structuredClone(manifest));
    const { spec } = copy.spec.template;
    Object.assign(spec.securityContext, pod);
    for (const each of spec.containers) {
      Object.assign(each.securityContext, container);
    }
    return { ...manifest, ...copy };
  });
}

/** What the API server says to a pod, in a dry run. */
async function admission(project: Project, pod: Manifest): Promise<{ status: number; message: string }> {
  const file = join(project.cwd, "pod.json");
  writeFileSync(file, JSON.stringify({ ...pod, metadata: { ...pod.metadata, name: "dry" } }));
  const create = ["kubectl", "create", "--dry-run=server", "--filename", file] as const;
  const { status, stderr } = await execute([...create], project);
  return { status, message: stderr };
}

/** Asserts that an object holds all that another one does; the API server adds to it. */
function assertHolds(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected !== "object" || expected === null) {
    assert.equal(actual, expected, path);
  } else if (Array.isArray(expected)) {
    assert.deepEqual(actual, expected, path);
  } else {
    for (const [key, value] of Object.entries(expected)) {
      assertHolds(
        typeof actual === "object" && actual !== null ? Reflect.get(actual, key) : undefined,
        value,
        `${path}.${key}`,
      );
    }
  }
}

/** The number of the process in a pod that runs a file of its image; the machine sees those of the sandbox too. */
function processOf(uid: string, file: string): number {
  const found = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`pod${uid}`) && readlinkSync(`/proc/${pid}/exe`) === file
        );
      } catch {
        // It has ended since.
        return false;
      }
    });
  assert.ok(found, `the pod ${uid} has no process that runs ${file}`);
  return Number(found);
}

/** Fields of a process's status as of proc(5). */
function statusOf(pid: number, ...names: string[]): Record<string, string | undefined> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
  const fields = new Map(lines.map((line) => line.split(":\t", 2) as [string, string]));
  return Object.fromEntries(names.map((name) => [name, fields.get(name)?.trim().replaceAll(/\s+/g, " ")]));
}
