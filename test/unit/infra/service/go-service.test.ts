import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { GoService, type GoServiceArgs } from "../../../../infra/service/go-service";
import { networkPolicySpec } from "../../../../infra/service/network/network-policy";
import { Mocks, promiseOf, type Registered, unknown } from "../../../support/mocks";
import { recorded } from "../../recorded";

const quantities = { cpu: "1", memory: "64Mi", "ephemeral-storage": "128Mi" };

const args: GoServiceArgs = {
  namespace: "shop-dev",
  service: "shop",
  image: "localhost:15000/shop@sha256:12",
  user: { uid: 10001, gid: 20002 },
  platforms: ["linux/amd64", "linux/arm64"],
  port: 9090,
  health: { protocol: "http", path: "/healthz", livenessPath: "/healthz" },
  args: [],
  env: { LEVEL: "debug" },
  encryptedEnv: undefined,
  pullLogin: undefined,
  replicas: { min: 2, max: 10 },
  progressDeadline: 120,
  migrate: undefined,
  metrics: undefined,
  exposure: undefined,
  resources: { requests: quantities, limits: quantities },
  egress: [{ cidr: "10.0.0.0/8", ports: [5432] }],
};

const deploy = (changes: Partial<GoServiceArgs> = {}, opts: pulumi.ComponentResourceOptions = {}) =>
  new GoService("web", { ...args, ...changes }, opts);

const selector = { "app.kubernetes.io/name": "shop" };
const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
const metadata = { name: "shop", namespace: "shop-dev", labels };
const httpGet = { path: "/healthz", port: "http" };
const spread = {
  maxSkew: 1,
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: selector },
  matchLabelKeys: ["pod-template-hash"],
};

const arch = (value: string) => ({ key: "kubernetes.io/arch", operator: "Equal", value, effect: "NoSchedule" });

const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: "shop-dev",
    labels: {
      ...labels,
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/enforce-version": "latest",
    },
  },
};

const serviceAccount = { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false };

const networkPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata,
  spec: networkPolicySpec(selector, [{ cidr: "10.0.0.0/8", ports: [5432] }]),
};

const evictable = { "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "tmp" };

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    ...metadata,
    annotations: {
      "kube-score/ignore":
        "container-image-pull-policy,pod-probes-identical,container-cpu-requests-equal-limits,container-resource-requests-equal-limits,deployment-targeted-by-hpa-does-not-have-replicas-configured",
    },
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: selector },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
    progressDeadlineSeconds: 120,
    revisionHistoryLimit: 3,
    template: {
      metadata: { labels, annotations: evictable },
      spec: {
        serviceAccountName: "shop",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 20002,
          seccompProfile: { type: "RuntimeDefault" },
        },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
                    { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] },
                  ],
                },
              ],
            },
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: {
                  topologyKey: "kubernetes.io/hostname",
                  labelSelector: { matchLabels: selector },
                  matchLabelKeys: ["pod-template-hash"],
                },
              },
            ],
          },
        },
        tolerations: [arch("amd64"), arch("arm64")],
        topologySpreadConstraints: [
          { ...spread, topologyKey: "topology.kubernetes.io/zone" },
          { ...spread, topologyKey: "kubernetes.io/hostname" },
        ],
        containers: [
          {
            name: "shop",
            image: "localhost:15000/shop@sha256:12",
            imagePullPolicy: "IfNotPresent",
            ports: [{ name: "http", containerPort: 9090, protocol: "TCP" }],
            env: [
              { name: "PORT", value: "9090" },
              { name: "GOMEMLIMIT", value: "60397977" },
              { name: "LEVEL", value: "debug" },
            ],
            volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            resources: { requests: quantities, limits: quantities },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              readOnlyRootFilesystem: true,
            },
            startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 },
            readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
            livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
            terminationMessagePolicy: "FallbackToLogsOnError",
          },
        ],
        volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }],
      },
    },
  },
};

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
  spec: { type: "ClusterIP", selector, ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }] },
};

const disruptionBudget = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata,
  spec: { selector: { matchLabels: selector }, maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
};

const autoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata,
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "shop" },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
  },
};

const always = [
  { type: "kubernetes:apps/v1:Deployment", name: "web-deployment", inputs: deployment },
  { type: "kubernetes:core/v1:Namespace", name: "web-namespace", inputs: namespace },
  { type: "kubernetes:core/v1:Service", name: "web-service", inputs: service },
  { type: "kubernetes:core/v1:ServiceAccount", name: "web-account", inputs: serviceAccount },
  { type: "kubernetes:networking.k8s.io/v1:NetworkPolicy", name: "web-network-policy", inputs: networkPolicy },
  { type: "ping:index:GoService", name: "web", inputs: {} },
];
const withBudget = {
  type: "kubernetes:policy/v1:PodDisruptionBudget",
  name: "web-disruption-budget",
  inputs: disruptionBudget,
};
const withAutoscaler = {
  type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
  name: "web-autoscaler",
  inputs: autoscaler,
};

const sorted = <T extends { type: string }>(list: readonly T[]) => [...list].sort((a, b) => (a.type < b.type ? -1 : 1));

/** The resources of a fixed number of pods. */
const fixed = (replicas: number) =>
  always.map((resource) =>
    resource.inputs === deployment
      ? { ...resource, inputs: { ...deployment, spec: { ...deployment.spec, replicas } } }
      : resource,
  );

test("with a range of replicas the Deployment begins with the least, an autoscaler is there, and nothing else", async () => {
  for (const preview of [false, true]) {
    const mocks = await Mocks.start({ preview });
    deploy();
    await mocks.registered();
    assert.deepEqual(sorted(mocks.resources), sorted([...always, withBudget, withAutoscaler]));
  }
});

test("with a fixed number of replicas the Deployment has it, and there is no autoscaler", async () => {
  const mocks = await Mocks.start();
  deploy({ replicas: { min: 3, max: 3 } });
  await mocks.registered();
  assert.deepEqual(sorted(mocks.resources), sorted([...fixed(3), withBudget]));
});

test("a single replica has no disruption budget, which would block every drain", async () => {
  const mocks = await Mocks.start();
  deploy({ replicas: { min: 1, max: 1 } });
  await mocks.registered();
  assert.deepEqual(sorted(mocks.resources), sorted(fixed(1)));
});

test("a quota is in the namespace before every ServiceAccount, and so before every pod, and the namespace says that it needs one", async () => {
  const mocks = await Mocks.start();
  const { made, record } = recorded();
  const quota = { pods: 4, cpu: "2", memory: "1Gi", "ephemeral-storage": "2Gi" };
  deploy({ quota, replicas: { min: 1, max: 1 } }, { transformations: [record] });
  await mocks.registered();
  const hard = { pods: "4", "limits.cpu": "2", "limits.memory": "1Gi", "limits.ephemeral-storage": "2Gi" };
  assert.deepEqual(mocks.inputs("kubernetes:core/v1:ResourceQuota"), {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { ...metadata, name: "quota" },
    spec: { hard },
  });
  assert.deepEqual(mocks.inputs("kubernetes:core/v1:Namespace"), {
    ...namespace,
    metadata: { ...namespace.metadata, labels: { ...namespace.metadata.labels, quota: "required" } },
  });
  assert.deepEqual(made.get("web-account")?.opts.dependsOn, [made.get("web-quota")?.resource]);
  assert.equal(made.get("web-quota")?.opts.deletedWith, made.get("web-namespace")?.resource);
});

test("a pod's start may take half of the progress deadline, or what the start deadline says, and Pulumi waits for it", async () => {
  const [container, ...others] = deployment.spec.template.spec.containers;
  for (const [given, failureThreshold, wait] of [
    [{ progressDeadline: 30 }, 15, "60s"],
    [{ progressDeadline: 30, startDeadline: 25 }, 25, "100s"],
    [{ progressDeadline: 30, startDeadline: 5 }, 5, "60s"],
  ] as const) {
    const mocks = await Mocks.start();
    const { made, record } = recorded();
    deploy(given, { transformations: [record] });
    await mocks.registered();
    const startupProbe = { httpGet, periodSeconds: 1, timeoutSeconds: 5, failureThreshold };
    const spec = { ...deployment.spec.template.spec, containers: [{ ...container, startupProbe }, ...others] };
    assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), {
      ...deployment,
      spec: { ...deployment.spec, progressDeadlineSeconds: 30, template: { ...deployment.spec.template, spec } },
    });
    assert.deepEqual(made.get("web-deployment")?.opts.customTimeouts, { create: wait, update: wait });
  }
});

test("the container's environment is PORT, GOMEMLIMIT from its memory limit, and env, which wins", async () => {
  const port = { name: "PORT", value: "9090" };
  const limit = { name: "GOMEMLIMIT", value: "60397977" };
  const table: [string, string, GoServiceArgs["env"], object[]][] = [
    ["no env", "64Mi", {}, [port, limit]],
    ["another limit", "1Gi", {}, [port, { ...limit, value: "966367641" }]],
    ["an unreadable limit", "1e9", {}, [port]],
    ["a limit in env", "64Mi", { GOMEMLIMIT: "40MiB" }, [port, { ...limit, value: "40MiB" }]],
    ["an output", "64Mi", pulumi.output({ LEVEL: "info" }), [port, limit, { name: "LEVEL", value: "info" }]],
  ];
  const [container, ...others] = deployment.spec.template.spec.containers;
  for (const [what, memory, given, env] of table) {
    const resources = { requests: quantities, limits: { ...quantities, memory } };
    const mocks = await Mocks.start();
    deploy({ env: given, resources: pulumi.output(resources) });
    await mocks.registered();
    const spec = { ...deployment.spec.template.spec, containers: [{ ...container, env, resources }, ...others] };
    const expected = { ...deployment, spec: { ...deployment.spec, template: { ...deployment.spec.template, spec } } };
    assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), expected, what);
  }
});

/** Without the properties that are undefined, at any depth. */
const defined = (value: object) => JSON.parse(JSON.stringify(value)) as Registered["inputs"];

/** The Deployment, its container and its pod with what differs. */
function changed(container: object, pod: object = {}) {
  const [first, ...others] = deployment.spec.template.spec.containers;
  const spec = { ...deployment.spec.template.spec, ...pod, containers: [{ ...first, ...container }, ...others] };
  return { ...deployment, spec: { ...deployment.spec, template: { ...deployment.spec.template, spec } } };
}

test("a service over gRPC has probes over gRPC, and a Service that says so to a Gateway; nothing else differs", async () => {
  for (const preview of [false, true]) {
    const mocks = await Mocks.start({ preview });
    deploy({ health: { protocol: "grpc", service: "shop.v1.Orders" } });
    await mocks.registered();
    const grpc = { port: 9090, service: "shop.v1.Orders" };
    const [{ startupProbe, readinessProbe, livenessProbe } = assert.fail()] = deployment.spec.template.spec.containers;
    const overGrpc = changed({
      startupProbe: { ...startupProbe, httpGet: undefined, grpc },
      readinessProbe: { ...readinessProbe, httpGet: undefined, grpc },
      livenessProbe: { ...livenessProbe, httpGet: undefined, grpc },
    });
    const [port] = service.spec.ports;
    const ports = [{ ...port, appProtocol: "kubernetes.io/h2c" }];
    const expected = [...always, withBudget, withAutoscaler].map((resource) => {
      if (resource.inputs === deployment) {
        return { ...resource, inputs: defined(overGrpc) };
      }
      return resource.inputs === service
        ? { ...resource, inputs: { ...service, spec: { ...service.spec, ports } } }
        : resource;
    });
    assert.deepEqual(sorted(mocks.resources), sorted(expected));
  }
});

test("arguments and variables reach the container as they were written, though Kubernetes expands some", async () => {
  const mocks = await Mocks.start();
  deploy({ args: pulumi.output(["serve", "--mask=a$$b", "$(PORT)"]), env: { A: "x-$(PORT)-y", B: "a$$b", C: "$5 $" } });
  await mocks.registered();
  const [{ env } = assert.fail()] = deployment.spec.template.spec.containers;
  const expected = changed({
    args: ["serve", "--mask=a$$$b", "$$(PORT)"],
    env: [
      ...env.filter(({ name }) => name !== "LEVEL"),
      { name: "A", value: "x-$$(PORT)-y" },
      { name: "B", value: "a$$$b" },
      { name: "C", value: "$5 $" },
    ],
  });
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), expected);
});

/** What is registered beside the Deployment and what every service has. */
const added = (mocks: Mocks) =>
  mocks.resources.filter(({ type, name }) => !fixed(2).some((each) => each.type === type && each.name === name));

const two = { min: 2, max: 2 };

test("secret variables are in an immutable Secret named by their content, and the Deployment has its name alone", async () => {
  const TOKEN = "hush";
  for (const preview of [false, true]) {
    const mocks = await Mocks.start({ preview });
    deploy({ encryptedEnv: { values: { TOKEN }, hash: "12ab" }, replicas: two });
    await mocks.registered();
    const stringData = await promiseOf(pulumi.secret({ TOKEN }));
    const own = { ...metadata, name: "shop-env-12ab" };
    const inputs = { apiVersion: "v1", kind: "Secret", metadata: own, type: "Opaque", immutable: true, stringData };
    assert.deepEqual(added(mocks), [{ type: "kubernetes:core/v1:Secret", name: "web-env-12ab", inputs }, withBudget]);
    const envFrom = [{ secretRef: { name: "shop-env-12ab" } }];
    assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), changed({ envFrom }));
  }
});

test("an encrypted GOMEMLIMIT takes the place of the program's own", async () => {
  const mocks = await Mocks.start();
  const encryptedEnv = { values: { GOMEMLIMIT: "40MiB" }, hash: "12ab" };
  deploy({ encryptedEnv, replicas: two });
  await mocks.registered();
  const env = [
    { name: "PORT", value: "9090" },
    { name: "LEVEL", value: "debug" },
  ];
  const envFrom = [{ secretRef: { name: "shop-env-12ab" } }];
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), changed({ env, envFrom }));
});

test("pods pull with a registry's login from a Secret whose name stays, and Docker Hub has a name of its own there", async () => {
  const hosts = {
    "ghcr.io": "ghcr.io",
    "localhost:5000": "localhost:5000",
    "docker.io": "https://index.docker.io/v1/",
  };
  for (const [host, server] of Object.entries(hosts)) {
    const mocks = await Mocks.start();
    deploy({ pullLogin: { host, username: "me", password: pulumi.secret("hush") }, replicas: two });
    await mocks.registered();
    const config = JSON.stringify({ auths: { [server]: { username: "me", password: "hush" } } });
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...metadata, name: "shop-pull" },
      type: "kubernetes.io/dockerconfigjson",
      stringData: await promiseOf(pulumi.secret({ ".dockerconfigjson": config })),
    };
    assert.deepEqual(added(mocks), [
      { type: "kubernetes:core/v1:Secret", name: "web-pull-secret", inputs },
      withBudget,
    ]);
    const pod = { imagePullSecrets: [{ name: "shop-pull" }] };
    assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), changed({}, pod));
  }
});

test("a password that a preview doesn't know yet leaves the rest of the plan known", async () => {
  const mocks = await Mocks.start({ preview: true });
  const { reference } = new Pending("pending");
  deploy({ pullLogin: { host: "ghcr.io", username: "me", password: reference }, replicas: two });
  await mocks.registered();
  const { stringData, ...rest } = mocks.inputs("kubernetes:core/v1:Secret");
  assert.deepEqual(stringData, await promiseOf(pulumi.secret(pulumi.unknown)));
  assert.deepEqual(rest, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...metadata, name: "shop-pull" },
    type: "kubernetes.io/dockerconfigjson",
  });
  const pod = { imagePullSecrets: [{ name: "shop-pull" }] };
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), changed({}, pod));
});

test("pods with a role reach the agent that gives them its credentials, and roll once there is a role", async () => {
  for (const preview of [false, true]) {
    const mocks = await Mocks.start({ preview });
    const { reference } = new Pending("pending");
    deploy({ podRole: preview ? reference : "arn:role" });
    await mocks.registered();
    const annotations = { ...evictable, "pod-role": preview ? unknown : "arn:role" };
    const template = { ...deployment.spec.template, metadata: { labels, annotations } };
    assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), {
      ...deployment,
      spec: { ...deployment.spec, template },
    });
    assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:NetworkPolicy"), {
      ...networkPolicy,
      spec: networkPolicySpec(selector, [
        { cidr: "169.254.170.23/32", ports: [80] },
        { cidr: "fd00:ec2::23/128", ports: [80] },
        ...args.egress,
      ]),
    });
    assert.deepEqual(mocks.inputs("kubernetes:core/v1:ServiceAccount"), serviceAccount);
  }
});

test("outputs name what there is", async () => {
  await Mocks.start();
  const { namespace: space, service: name, url } = deploy();
  assert.deepEqual(
    [await promiseOf(space), await promiseOf(name), await promiseOf(url)],
    ["shop-dev", "shop", "http://shop.shop-dev.svc.cluster.local"],
  );
});

test("metrics annotate the pods, on a port of their own declare it, and need a cluster that has it for a PodMonitor", async () => {
  const mocks = await Mocks.start();
  const metrics = { path: "/stats", port: 9100, podMonitor: true };
  deploy({ metrics, replicas: { min: 2, max: 2 } });
  await mocks.registered();
  const [container, ...others] = deployment.spec.template.spec.containers;
  const ports = [...(container?.ports ?? []), { name: "metrics", containerPort: 9100, protocol: "TCP" }];
  const template = {
    metadata: {
      labels,
      annotations: {
        ...evictable,
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/stats",
        "prometheus.io/port": "9100",
      },
    },
    spec: { ...deployment.spec.template.spec, containers: [{ ...container, ports }, ...others] },
  };
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), {
    ...deployment,
    spec: { ...deployment.spec, template },
  });
  assert.deepEqual(mocks.inputs("kubernetes:monitoring.coreos.com/v1:PodMonitor"), {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata,
    spec: { selector: { matchLabels: selector }, podMetricsEndpoints: [{ port: "metrics", path: "/stats" }] },
  });
  assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:NetworkPolicy"), {
    ...networkPolicy,
    spec: networkPolicySpec(selector, [{ cidr: "10.0.0.0/8", ports: [5432] }], metrics),
  });

  const plain = await Mocks.start();
  deploy({ metrics: { ...metrics, podMonitor: false }, replicas: { min: 2, max: 2 } });
  assert.deepEqual(
    (await plain.registered()).filter((line) => line.includes("PodMonitor")),
    [],
  );
});

test("a migration runs what the pods run, and the pods change after it, also where the image isn't known yet", async () => {
  for (const preview of [false, true]) {
    const mocks = await Mocks.start({ preview });
    const { made, record } = recorded();
    const image = preview ? new Pending("pending").reference : args.image;
    const migrate = { args: ["migrate"] };
    deploy({ image, migrate, replicas: { min: 2, max: 2 } }, { transformations: [record] });
    await mocks.registered();
    assert.deepEqual(made.get("web-deployment")?.opts.dependsOn, [
      made.get("web-network-policy")?.resource,
      made.get("web-migration")?.resource,
    ]);
    const { spec } = mocks.inputs("kubernetes:batch/v1:Job");
    const { topologySpreadConstraints: _, containers, ...pod } = deployment.spec.template.spec;
    const known = { image: args.image };
    const run = containers.map(({ name, imagePullPolicy, env, resources: limits, ...rest }) => ({
      ...{
        name,
        imagePullPolicy,
        env,
        resources: limits,
        ...(preview ? { image: unknown } : known),
        args: ["migrate"],
      },
      volumeMounts: rest.volumeMounts,
      securityContext: rest.securityContext,
      terminationMessagePolicy: rest.terminationMessagePolicy,
    }));
    assert.deepEqual(spec, {
      backoffLimit: 0,
      activeDeadlineSeconds: 240,
      template: {
        metadata: {
          labels: { "app.kubernetes.io/component": "migration", "app.kubernetes.io/managed-by": "pulumi" },
          annotations: evictable,
        },
        spec: { ...pod, restartPolicy: "Never", containers: run },
      },
    });
  }
});

test("selectors, labels, ports and names agree across the resources", () => {
  const pod = deployment.spec.template;
  const [container] = pod.spec.containers;
  const selectors = [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    disruptionBudget.spec.selector.matchLabels,
  ];
  for (const each of [
    ...selectors,
    ...pod.spec.topologySpreadConstraints.map((one) => one.labelSelector.matchLabels),
  ]) {
    assert.deepEqual(each, selector);
    assert.deepEqual({ ...pod.metadata.labels, ...each }, pod.metadata.labels);
  }
  const [port] = container?.ports ?? [];
  const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe];
  for (const name of [...probes.map((probe) => probe?.httpGet.port), service.spec.ports[0]?.targetPort]) {
    assert.equal(name, port?.name);
  }
  assert.deepEqual(container?.env[0], { name: "PORT", value: String(port?.containerPort) });
  assert.equal(pod.spec.serviceAccountName, serviceAccount.metadata.name);
  assert.equal(autoscaler.spec.scaleTargetRef.name, deployment.metadata.name);
});

test("a preview in which the image's user isn't known yet plans all the rest of the pods and of the migration's", async () => {
  const mocks = await Mocks.start({ preview: true });
  const { user } = new Pending("pending");
  deploy({ user, migrate: { args: ["migrate"] }, replicas: two });
  await mocks.registered();
  const { securityContext } = deployment.spec.template.spec;
  const unknownUser = { securityContext: { ...securityContext, runAsUser: unknown, runAsGroup: unknown } };
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), changed({}, unknownUser));
  const job = mocks.inputs("kubernetes:batch/v1:Job") as { spec: { template: { spec: typeof unknownUser } } };
  assert.deepEqual(job.spec.template.spec.securityContext, unknownUser.securityContext);
});

test("a preview with an image that isn't known yet plans all the rest", async () => {
  const mocks = await Mocks.start({ preview: true });
  const { reference } = new Pending("pending");
  deploy({ image: reference, replicas: { min: 2, max: 2 } });
  await mocks.registered();
  const [container, ...others] = deployment.spec.template.spec.containers;
  const spec = { ...deployment.spec.template.spec, containers: [{ ...container, image: unknown }, ...others] };
  assert.deepEqual(mocks.inputs("kubernetes:apps/v1:Deployment"), {
    ...deployment,
    spec: { ...deployment.spec, template: { ...deployment.spec.template, spec } },
  });
  assert.deepEqual(mocks.inputs("kubernetes:core/v1:Service"), service);
});

test("children belong to the component, waiting for pods ends in minutes, and no pod runs without the policy", async () => {
  const mocks = await Mocks.start();
  const { made: children, record } = recorded();
  const login = { host: "ghcr.io", username: "me", password: "hush" };
  const encryptedEnv = { values: { TOKEN: "hush" }, hash: "12ab" };
  const component = deploy({ encryptedEnv, pullLogin: login }, { transformations: [record] });
  await mocks.registered();
  children.delete("web");
  const waitsFor = (name: string) =>
    [...children]
      .filter(([, { opts }]) => [opts.dependsOn].flat().includes(children.get(name)?.resource))
      .map(([dependent]) => dependent);
  const timeouts = { create: "240s", update: "240s" };
  assert.deepEqual(
    [...children].map(([name, { opts }]) => [name, opts.parent === component, opts.customTimeouts]),
    [
      ["web-namespace", true, undefined],
      ["web-account", true, undefined],
      ["web-network-policy", true, undefined],
      ["web-env-12ab", true, undefined],
      ["web-pull-secret", true, undefined],
      ["web-deployment", true, timeouts],
      ["web-service", true, undefined],
      ["web-disruption-budget", true, undefined],
      ["web-autoscaler", true, undefined],
    ],
  );
  assert.deepEqual(waitsFor("web-network-policy"), ["web-deployment"]);
  assert.deepEqual(waitsFor("web-deployment"), []);
});

test("an update leaves the number of pods to an autoscaler where there is one, and only there", async () => {
  for (const [max, ignored] of [
    [2, undefined],
    [3, ["spec.replicas"]],
  ] as const) {
    const mocks = await Mocks.start();
    const { made, record } = recorded();
    deploy({ replicas: { min: 2, max } }, { transformations: [record] });
    await mocks.registered();
    assert.deepEqual(made.get("web-deployment")?.opts.ignoreChanges, ignored);
  }
});

/** A resource with outputs that are unknown in a preview. */
class Pending extends pulumi.CustomResource {
  declare readonly reference: pulumi.Output<string>;
  declare readonly user: pulumi.Output<{ uid: number; gid: number }>;

  constructor(name: string) {
    super("test:index:Pending", name, { reference: undefined, user: undefined });
  }
}
