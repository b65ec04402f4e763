import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sockets } from "../sandbox/network/sockets";
import { eventually } from "../support/eventually";
import { execute, succeed } from "../support/execute";
import { OwnBuilder } from "../support/own-builder";
import { Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { excerpt, type Fault, type PodFault, writeTable } from "./faults/fault-table";
import { Gate } from "./faults/gate";
import { causePodFaults } from "./faults/pod-faults";
import { needs } from "./needs";
import { daemonPid, killTree } from "./processes";
import { KillableRegistry } from "./registries/killable-registry";

/** Runs the Pulumi CLI, which is expected to fail, and returns all that it printed, traces of a plugin that died included. */
async function failing(project: Project, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await project.tryPulumi(...args);
  assert.notEqual(status, 0, stdout + stderr);
  return stdout + stderr;
}

/** What the stack's state knows, by name: its resources, and what an update left unfinished. */
async function known(project: Project): Promise<{ resources: string[]; pending: string[] }> {
  const { resources, pending_operations: pending } = await project.state();
  const name = ({ urn }: { urn: string }) => urn.split("::").at(-1) ?? "";
  return {
    resources: resources.map(name).sort(),
    pending: pending.map(({ type, resource }) => `${type} ${name(resource)}`),
  };
}

/** Runs what is expected to break, and sees that the stack's state has neither lost nor gained anything by it. */
async function keepingState<T>(project: Project, work: () => Promise<T>): Promise<T> {
  const before = await known(project);
  const result = await work();
  assert.deepEqual(await known(project), before);
  return result;
}

/** The cause is gone: the next update succeeds, and leaves nothing to do. */
async function converges(project: Project, ...options: string[]): Promise<void> {
  await project.pulumi(...up, ...options);
  await project.pulumi("preview", "--expect-no-changes");
}

/** Runs `work` with another text in a file, and puts it back whatever comes of that. */
async function withEdit<T>(file: string, edit: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const before = readFileSync(file, "utf8");
  const after = edit(before);
  assert.notEqual(after, before, file);
  writeFileSync(file, after);
  try {
    return await work();
  } finally {
    writeFileSync(file, before);
  }
}

/** Runs `work` with a gate in the build of a Dockerfile. */
async function withGate<T>(dockerfile: string, work: (gate: Gate) => Promise<T>): Promise<T> {
  const gate = await Gate.closed();
  const gated = (text: string) => gate.within(text);
  return withEdit(dockerfile, gated, () => work(gate)).finally(() => gate.stop());
}

/** What a resource's error begins with in the summary that closes the output. */
const inSummary = (pattern: RegExp) => new RegExp(`(?<=^ +error: .*)${pattern.source}`, "m");

test(
  "each fault gets a clear error, loses no state, and the next run converges",
  { skip: needs("standalone", "it kills BuildKit and the registry") },
  async (t) => {
    const env = await sandboxEnvironment();
    const registry = await KillableRegistry.create(env);
    let config: Record<string, unknown> = { registry: { url: registry.repository }, replicas: { min: 1, max: 1 } };

    const faults: Fault[] = [];
    let podFaults: readonly PodFault[] = [];
    let tried = 0;
    /** Tries a fault; `work` returns what the user sees of it. */
    const fault = async (promise: string, what: string, advice: string, work: () => Promise<string[]>) => {
      tried += 1;
      await t.test(promise, async () => {
        faults.push({ what, seen: await work(), advice });
      });
    };

    try {
      await withProject("e2e-faults", env, config, async (project) => {
        const dockerfile = join(project.cwd, "app", "Dockerfile");
        const kubectl = (...args: string[]) => execute(["kubectl", "--namespace", project.namespace, ...args], project);
        /** Waits until kubectl finds something, or doesn't any more. */
        const untilFound = (found: boolean, ...args: string[]) =>
          eventually(args.join(" "), async () => ((await kubectl("get", ...args)).status === 0) === found || undefined);
        const serves = async () => {
          assert.equal(await project.request("ping", "/health"), '{"Status":"OK"}');
        };

        await fault(
          "up is killed while it creates the Deployment: once its lock is gone, the next one takes over what it is told to",
          "`pulumi up` is killed (SIGKILL, a power cut)",
          "`pulumi cancel`, then `PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up`: for this one update, what the killed one made in the cluster is taken over. `pulumi refresh --clear-pending-creates` then ends the warning, and one more `pulumi up` takes the setting out of the state",
          async () => {
            const { cwd, stack } = project;
            const child = spawn("pulumi", [...up, "--stack", stack], { cwd, env: project.env, stdio: "ignore" });
            const ended = once(child, "exit");
            await untilFound(true, "deployment", "ping");
            killTree(child.pid ?? 0);
            await ended;
            assert.deepEqual((await known(project)).pending, ["creating ping-deployment"]);
            const locked = await failing(project, ...up);
            await project.pulumi("cancel", "--yes");
            const env = { ...project.env, PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
            const next = await new Project(cwd, stack, env).pulumi(...up);
            await project.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
            assert.deepEqual((await known(project)).pending, []);
            await converges(project);
            await serves();
            return [
              excerpt(locked, /the stack is currently locked by .*/),
              excerpt(
                next,
                /Attempting to deploy or update resources with 1 pending operations from previous deployment/,
              ),
              excerpt(next, /ping-deployment, interrupted while creating/),
            ];
          },
        );

        await fault(
          "a Dockerfile that can't be read fails the preview, with file and line",
          "the Dockerfile is malformed",
          "correct that line; a preview finds it already",
          async () => {
            const misspelt = (text: string) => text.replace(/^COPY/m, "COPPY");
            const preview = () => keepingState(project, () => failing(project, "preview"));
            const output = await withEdit(dockerfile, misspelt, preview);
            await converges(project);
            return [
              excerpt(output, /builds app\/Dockerfile .*/),
              excerpt(output, inSummary(/dockerfile parse error on line \d+: unknown instruction: COPPY.*/)),
            ];
          },
        );

        await fault(
          "Go code that doesn't compile fails the preview, with the compiler's words",
          "the Go code doesn't compile",
          "correct that line; a preview finds it already",
          async () => {
            const wrong = (text: string) => text.replace("func main() {", "$&\n\tnowhere()");
            const preview = () => keepingState(project, () => failing(project, "preview"));
            const output = await withEdit(join(project.cwd, "app", "main.go"), wrong, preview);
            await converges(project);
            return [
              excerpt(output, /\.\/main\.go:\d+:\d+: undefined: nowhere/),
              excerpt(output, inSummary(/did not complete successfully: exit code: 1/)),
            ];
          },
        );

        await fault(
          "a builder whose disk is full says so",
          "the builder's disk is full",
          "make room (`docker buildx prune`), or set `builder` to another one; then `pulumi up`",
          async () => {
            // Enough to start with, and not for a base image with a compiler.
            const small = await OwnBuilder.start(env, 16);
            try {
              project.configure({ ...config, builder: OwnBuilder.builder, rebuild: "here" });
              const cramped = new Project(project.cwd, project.stack, small.env);
              const output = await keepingState(project, () => failing(cramped, ...up));
              project.configure(config);
              await converges(project);
              return [
                excerpt(output, inSummary(/failed to solve: ResourceExhausted/)),
                excerpt(output, inSummary(/no space left on device/)),
              ];
            } finally {
              await small.remove();
            }
          },
        );

        await fault(
          "BuildKit dies in the middle of a build: up fails at once, and the next one builds",
          "BuildKit dies in the middle of a build",
          "start it again, then `pulumi up`",
          () =>
            withGate(dockerfile, async (gate) => {
              const output = await keepingState(project, async () => {
                const running = failing(project, ...up);
                await gate.reached();
                process.kill(daemonPid("buildkitd"), "SIGKILL");
                return running;
              });
              gate.release();
              await eventually("BuildKit", async () => {
                const look = ["buildctl", "--addr", `unix://${sockets.buildkit}`, "debug", "workers"] as const;
                return (await execute(look, project)).status === 0 || undefined;
              });
              await converges(project);
              // What comes before that says which of two calls has noticed first.
              return [excerpt(output, inSummary(/error reading from server: EOF/))];
            }),
        );

        await fault(
          "the registry dies in the middle of a push: up fails, and the next one pushes",
          "the registry dies in the middle of a push",
          "start it again, then `pulumi up`; BuildKit itself waits out a restart of a few seconds",
          () =>
            withGate(dockerfile, async (gate) => {
              const output = await keepingState(project, async () => {
                const running = failing(project, ...up);
                await gate.reached();
                registry.freeze();
                gate.release();
                await registry.isTalkedTo();
                await registry.kill();
                return running;
              });
              await registry.start();
              await converges(project);
              return [
                excerpt(output, inSummary(/failed to push localhost:\d+\/ping/)),
                excerpt(output, inSummary(/dial tcp \S+: connect: connection refused/)),
              ];
            }),
        );

        await fault(
          "of two ups at once one is refused and names the other, which succeeds",
          "two `pulumi up` at once",
          "wait for the other one, which goes on undisturbed",
          () =>
            withGate(dockerfile, async (gate) => {
              const first = project.pulumi(...up);
              await gate.reached();
              const output = await failing(project, ...up);
              gate.release();
              await first;
              await converges(project);
              return [
                excerpt(output, /the stack is currently locked by .*/),
                excerpt(output, /created by \S+ \(pid \d+\)/),
              ];
            }),
        );

        await fault(
          "the API server restarts in the middle of an update, which waits for it and succeeds",
          "the API server restarts in the middle of a rollout",
          "nothing: the update waits for it, and succeeds",
          async () => {
            const revision = ["get", "deployment", "ping", "--output=jsonpath={.metadata.generation}"];
            const { stdout: before } = await kubectl(...revision);
            config = { ...config, env: { REVISION: "2" } };
            project.configure(config);
            const running = project.pulumi(...up);
            await eventually(
              "another revision",
              async () => (await kubectl(...revision)).stdout !== before || undefined,
            );
            process.kill(daemonPid("kube-apiserver"), "SIGKILL");
            const output = await running;
            await converges(project);
            return [
              excerpt(output, /Waiting for app ReplicaSet to be available \(\d+\/1 Pods available\)/),
              excerpt(output, /Deployment initialization complete/),
            ];
          },
        );

        await fault(
          "what was deleted, changed and scaled by hand is shown by a preview with refresh, and mended by an update with it",
          "something was deleted, changed or scaled behind Pulumi's back",
          "`pulumi preview --refresh --diff` shows it, `pulumi up --refresh` mends it; without `--refresh` neither looks",
          async () => {
            await project.kubectl("delete", "service", "ping");
            await project.kubectl(
              "patch",
              "serviceaccount",
              "ping",
              "--patch",
              '{"automountServiceAccountToken":true}',
            );
            await project.kubectl("scale", "deployment", "ping", "--replicas=0");
            const output = await failing(project, "preview", "--refresh", "--diff", "--expect-no-changes");
            await converges(project, "--refresh");
            const { automountServiceAccountToken } = await project.get<Record<string, unknown>>(
              "serviceaccount",
              "ping",
            );
            assert.equal(automountServiceAccountToken, false);
            await serves();
            return [
              excerpt(output, /\+ kubernetes:core\/v1:Service: \(create\)/),
              excerpt(output, /~ automountServiceAccountToken: true => false/),
              excerpt(output, /~ replicas: 0 => 1/),
            ];
          },
        );

        await fault(
          "an image that is gone from the registry is built again",
          "the image is gone from the registry",
          "`pulumi up` builds it again; until then pods that run go on, a new one couldn't pull it",
          async () => {
            const image = (await project.pulumi("stack", "output", "image")).trim();
            await registry.forget(image);
            const output = await failing(project, "preview", "--diff", "--expect-no-changes");
            await converges(project);
            assert.match(await succeed(["crane", "digest", image], project), /^sha256:/);
            return [excerpt(output, /\+ CONTENT_BUILT_AGAIN.*/)];
          },
        );

        await fault(
          "a namespace that is being deleted refuses the update, which succeeds once it is gone",
          "the namespace is being deleted",
          "wait until it is gone (`kubectl get namespace NAME --output yaml` says what it waits for), then `pulumi up --refresh`",
          async () => {
            const finalizers = (value: string) => ["--patch", `{"metadata":{"finalizers":${value}}}`];
            await project.kubectl("create", "configmap", "held");
            await project.kubectl("patch", "configmap", "held", ...finalizers('["ping.example/held"]'));
            await project.kubectl("delete", "namespace", project.namespace, "--wait=false");
            await untilFound(false, "deployment", "ping");
            const output = await failing(project, ...up, "--refresh");
            await project.kubectl("delete", "pods", "--all", "--force", "--grace-period=0");
            await project.kubectl("patch", "configmap", "held", ...finalizers("null"));
            await untilFound(false, "namespace", project.namespace);
            await converges(project, "--refresh");
            return [
              excerpt(
                output,
                inSummary(/unable to create new content in namespace \S+ because it is being terminated/),
              ),
            ];
          },
        );

        await fault(
          "a cluster without a node that the image runs on keeps the old pods, and up says why",
          "no node has an architecture out of `platforms`",
          "what the message says; the old pods serve on",
          async () => {
            project.configure({ ...config, platforms: ["linux/arm64"], progressDeadline: 20 });
            const output = await keepingState(project, () => failing(project, ...up));
            const [cause = "", ...details] = (await project.diagnose()).split("\n");
            assert.ok(
              output.includes([cause, ...details.slice(0, 2)].join("\n    ")),
              `${cause} is not in:\n${output}`,
            );
            await serves();
            project.configure(config);
            await converges(project);
            return [
              excerpt(output, /'ping' timed out waiting to be Ready/),
              excerpt(output, /\[ProgressDeadlineExceeded\] ReplicaSet "\S+" has timed out progressing/),
              excerpt(output, inSummary(/no node takes the pod: .*/)),
            ];
          },
        );

        await t.test("the first line about a pod that doesn't start says why, and names the config key", async () => {
          podFaults = await causePodFaults(project, "ping", registry.repository);
        });
      });
    } finally {
      await registry.remove();
    }
    if (faults.length === tried && podFaults.length > 0) {
      assert.ok(
        !writeTable(faults, podFaults),
        "docs/faults.md said something else than was seen now: look at it, and commit it",
      );
    }
  },
);
