import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findDeployment, smokeTest } from "../../delivery/rollout";
import { type Run, run } from "../../delivery/run";
import { stackResources } from "../../delivery/stack";
import { inNode } from "../sandbox/choose-ground";
import { eventually } from "../support/eventually";
import { succeed } from "../support/execute";
import { type Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { greeterConfig } from "./fixtures/greeter-config";
import { podMonitorDefinition } from "./fixtures/pod-monitor-definition";

/**
 * The start takes longer than half of the progress deadline, and so needs a start deadline of its own. A health check
 * takes longer than the second that Kubernetes' probes wait by default.
 */
const config = {
  ...greeterConfig,
  livenessPath: "/livez",
  args: ["--start-after=22s", "--health-takes=1500ms", "a$$b", "$(PORT)"],
  progressDeadline: 40,
  startDeadline: 38,
  env: { GREETING: "Servus $(PORT) $$ $HOME" },
  metrics: { path: "/metrics" },
};

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly securityContext: object } } };
}

const uids = async (project: Project) => (await project.pods()).map(({ metadata }) => metadata.uid);

/** Teaches the cluster the kind PodMonitor for as long as `work` takes. */
async function withPodMonitors(env: NodeJS.ProcessEnv, work: () => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  const file = join(directory, "definition.json");
  writeFileSync(file, JSON.stringify(podMonitorDefinition));
  try {
    await succeed(["kubectl", "apply", "--server-side", "--filename", file], { env });
    await succeed(["kubectl", "wait", "--for=condition=Established", "--timeout=30s", "--filename", file], { env });
    await work();
  } finally {
    await succeed(["kubectl", "delete", "--ignore-not-found", "--filename", file], { env });
    rmSync(directory, { recursive: true });
  }
}

test("another Go service deploys by config alone, beside the first one of the same project", async (t) => {
  const env = await sandboxEnvironment();
  await withProject("e2e-beside", env, {}, async (ping) => {
    const first = await ping.up();
    const before = await uids(ping);
    await withPodMonitors(env, () =>
      withProject("e2e-greeter", env, config, async (greeter) => {
        const { image, namespace, service, url } = await greeter.up();

        await t.test(
          "each has its names, its image and its answers, and the second leaves the first's pods",
          async () => {
            assert.deepEqual([first.namespace, first.service], ["ping-e2e-beside", "ping"]);
            assert.deepEqual([namespace, service], ["greeter-e2e-greeter", "greeter"]);
            assert.equal(url, "http://greeter.greeter-e2e-greeter.svc.cluster.local");
            assert.match(image, /^localhost:15000\/greeter-\d+@sha256:[0-9a-f]{64}$/);
            assert.equal(await greeter.request(service, "/"), "Servus $(PORT) $$ $HOME\n");
            assert.equal(await greeter.request(service, "/args"), "a$$b $(PORT)\n");
            await greeter.request(service, "/healthz");
            assert.equal(await ping.request(first.service, "/"), "Hello, Docker! <3");
            assert.deepEqual(await uids(ping), before);
            await greeter.pulumi("preview", "--expect-no-changes");
            await ping.pulumi("preview", "--expect-no-changes");
          },
        );

        await t.test("its pods run as the user of its image, to whom alone the binary belongs", async () => {
          const { spec } = await greeter.get<Deployment>("deployment", service);
          assert.deepEqual(spec.template.spec.securityContext, {
            runAsNonRoot: true,
            runAsUser: 10001,
            runAsGroup: 10001,
            seccompProfile: { type: "RuntimeDefault" },
          });
        });

        await t.test(
          "what the pods' annotations say answers with metrics, and the PodMonitor says the same",
          async () => {
            const [pod] = await greeter.pods();
            const { "prometheus.io/scrape": scrape, ...at } = pod?.metadata.annotations ?? {};
            assert.equal(scrape, "true");
            const target = `http://${pod?.status.podIP}:${at["prometheus.io/port"]}${at["prometheus.io/path"]}`;
            const metrics = await succeed(inNode(["curl", "--silent", "--show-error", "--fail", target]), { env });
            assert.match(metrics, /^greeter_greetings_total \d+$/m);
            const { spec } = await greeter.get<{ spec: object }>("podmonitor", service);
            assert.deepEqual(spec, {
              selector: { matchLabels: { "app.kubernetes.io/name": service } },
              podMetricsEndpoints: [{ port: "http", path: "/metrics" }],
            });
          },
        );

        await t.test("the liveness probe asks a path of its own", async () => {
          await eventually("a request of the liveness probe", async () =>
            /^greeter_liveness_total [1-9]/m.test(await greeter.request(service, "/metrics")) ? true : undefined,
          );
        });

        await t.test("a preview tells that another name makes everything anew and removes the old", async () => {
          greeter.configure({ ...config, name: "other" });
          const preview = await greeter.pulumi("preview");
          greeter.configure(config);
          assert.match(preview, /kubernetes:core\/v1:Namespace\s+other-namespace\s+create/);
          assert.match(preview, /kubernetes:core\/v1:Namespace\s+greeter-namespace\s+delete/);
          assert.doesNotMatch(preview, /to update|to replace/);
        });

        await t.test(
          "with other arguments it speaks gRPC alone: its probes and a release's smoke test do too",
          async () => {
            greeter.configure({ ...greeterConfig, healthPath: null, grpcHealth: {}, args: ["--grpc"] });
            await greeter.up();
            await greeter.pulumi("preview", "--expect-no-changes");
            const { spec } = await greeter.get<{ spec: { ports: { appProtocol?: string }[] } }>("service", service);
            assert.deepEqual(
              spec.ports.map(({ appProtocol }) => appProtocol),
              ["kubernetes.io/h2c"],
            );
            const variables = Object.fromEntries(Object.entries(env).map(([name, value = ""]) => [name, value]));
            const inProject: Run = (command, options) => run(command, { ...options, cwd: greeter.cwd, env: variables });
            const deployment = findDeployment(greeter.stack, await stackResources(inProject, greeter.stack));
            assert.deepEqual(await smokeTest(inProject, deployment, "sandbox"), { kind: "healthy" });
          },
        );
      }),
    );
  });
});
