import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../../infra/rollout/explain";
import { readRollout } from "../../../../infra/rollout/rollout-state";
import {
  conditions,
  ended,
  fakeCluster,
  type FakeCluster,
  killing,
  notReady,
  unhealthy,
  warning,
} from "./fake-cluster";

const target = { namespace: "ping-dev", name: "ping" };

/** How a cluster's rollout is explained. */
async function explained(cluster: FakeCluster): Promise<string[]> {
  const state = await readRollout(fakeCluster(cluster).ask, target);
  assert.ok(state !== undefined);
  return explain(state);
}

/** A pod with one container. */
const podOf = (status: object) => ({ phase: "Running", conditions: notReady, containerStatuses: [status] });
const running = { name: "ping", ready: false, restartCount: 0, state: { running: {} } };
const waiting = (reason: string, message: string) => ({ ...running, state: { waiting: { reason, message } } });

const evicted = {
  phase: "Failed",
  reason: "Evicted",
  message: "Pod ephemeral local storage usage exceeds the total limit of containers 64Mi. ",
};
const autoscaler = warning(
  "HorizontalPodAutoscaler",
  "ping",
  "FailedGetResourceMetric",
  "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
);

const wholes: Readonly<Record<string, { cluster: FakeCluster; lines: string[] }>> = {
  "nothing is said of a rollout whose pods are ready, whatever its autoscaler, an older event or an evicted pod says": {
    cluster: {
      conditions: conditions("Available", "True", "MinimumReplicasAvailable", "fine"),
      pods: [{ phase: "Running", conditions: conditions("Ready", "True") }, evicted],
      events: [
        warning("Pod", "ping-old-0", "Killing", "an old pod"),
        warning("ReplicaSet", "ping-new", "FailedCreate", "a quota of an hour ago"),
        autoscaler,
      ],
    },
    lines: [],
  },
  "a container that the kubelet stopped has not crashed, and the failed probe is counted once": {
    cluster: {
      conditions: conditions("Progressing", "False", "ProgressDeadlineExceeded", "timed out"),
      pods: [podOf(ended({ exitCode: 2, reason: "Error", message: '{"msg":"listening"}\n' }))],
      events: [
        unhealthy(
          'Startup probe failed: Get "http://10.244.0.76:8080/health": dial tcp 10.244.0.76:8080: connect: connection refused',
          1,
        ),
        unhealthy("Startup probe failed: HTTP probe failed with statuscode: 404", 23),
        unhealthy("(combined from similar events): Startup probe failed: HTTP probe failed with statuscode: 404", 2),
        killing("startup", "2026-11-29T02:30:11Z"),
        warning("Pod", "ping-new-0", "BackOff", "Back-off restarting failed container ping"),
        autoscaler,
      ],
    },
    lines: [
      "container ping: the startup probe asked GET :8080/health for 6 s. It got HTTP 404. The kubelet then stopped the container, to start it again. The service has no such path: set `healthPath` to that of its health check.",
      "deployment ping: ProgressDeadlineExceeded: timed out",
      "pod ping-new-0: Running",
      "  container ping: running but not ready, 3 restarts",
      "  container ping: stopped by the kubelet, with exit code 2",
      '    | {"msg":"listening"}',
      'Unhealthy (Pod ping-new-0): Startup probe failed: Get "http://10.244.0.76:8080/health": dial tcp 10.244.0.76:8080: connect: connection refused',
      "Unhealthy (Pod ping-new-0): Startup probe failed: HTTP probe failed with statuscode: 404 (25 times)",
    ],
  },
  "a container that crashes is told with its last words, and a probe that failed meanwhile is no cause": {
    cluster: {
      pods: [
        podOf({
          ...ended({
            exitCode: 2,
            reason: "Error",
            message: "panic: not today\n\ngoroutine 1 [running]:\nmain.main()\n",
          }),
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
        }),
      ],
      events: [
        unhealthy('Startup probe failed: Get "http://10.0.0.1:8080/health": dial tcp: connect: connection refused', 1),
      ],
    },
    lines: [
      "container ping: it ended by itself with exit code 2 (Error). Its last words: panic: not today. What it reads comes from `env` and `args`.",
      "pod ping-new-0: Running",
      "  container ping: CrashLoopBackOff: back-off 40s, 3 restarts",
      "  container ping: ended with exit code 2 (Error)",
      "    | panic: not today",
      "    | goroutine 1 [running]:",
      "    | main.main()",
      'Unhealthy (Pod ping-new-0): Startup probe failed: Get "http://10.0.0.1:8080/health": dial tcp: connect: connection refused',
    ],
  },
  "a container that is still in its first start is told what awaits it, with the end of its log": {
    cluster: {
      pods: [podOf(running)],
      events: [unhealthy("Startup probe failed: HTTP probe failed with statuscode: 500", 2)],
      log: "connecting\n",
    },
    lines: [
      "container ping: the startup probe asks GET :8080/health. It got HTTP 500. After 6 s the kubelet stops the container, to start it again. Set `healthPath` to a path that answers with a status from 200 to 399.",
      "pod ping-new-0: Running",
      "  container ping: running but not ready, 0 restarts",
      "    | connecting",
      "Unhealthy (Pod ping-new-0): Startup probe failed: HTTP probe failed with statuscode: 500 (2 times)",
    ],
  },
  "a quota is told by the Deployment's condition and the ReplicaSet's warning": {
    cluster: {
      conditions: conditions(
        "ReplicaFailure",
        "True",
        "FailedCreate",
        'pods "ping-new-gb845" is forbidden: exceeded quota: most, requested: pods=1, used: pods=0, limited: pods=0',
      ),
      events: ["gb845", "gp6cw"].map((pod) =>
        warning(
          "ReplicaSet",
          "ping-new",
          "FailedCreate",
          `Error creating: pods "ping-new-${pod}" is forbidden: exceeded quota: most, requested: pods=1, used: pods=0, limited: pods=0`,
        ),
      ),
    },
    lines: [
      "the cluster refuses the pod: exceeded quota: most, requested: pods=1, used: pods=0, limited: pods=0. The quota most leaves no room for one more pod, which an update needs beside the old ones. Raise `quota`, or lower `resources.limits` or `replicas`.",
      'deployment ping: FailedCreate: pods "ping-new-gb845" is forbidden: exceeded quota: most, requested: pods=1, used: pods=0, limited: pods=0',
      'FailedCreate (ReplicaSet ping-new): Error creating: pods "ping-new-…" is forbidden: exceeded quota: most, requested: pods=1, used: pods=0, limited: pods=0 (2 times)',
    ],
  },
  "of many pods without a node the cause is told once, and only some are described": {
    cluster: {
      pods: Array.from({ length: 5 }, () => ({
        phase: "Pending",
        conditions: conditions(
          "PodScheduled",
          "False",
          "Unschedulable",
          "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        ),
      })),
    },
    lines: [
      "no node takes the pod: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. No node has an architecture out of `platforms`. Add the nodes' one to `platforms`, or such a node to the cluster.",
      ...[0, 1, 2].flatMap((index) => [
        `pod ping-new-${index}: Pending`,
        "  not scheduled: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
      ]),
      "and 2 more pods that aren't ready",
    ],
  },
};

for (const [promise, { cluster, lines }] of Object.entries(wholes)) {
  test(promise, async () => {
    assert.deepEqual(await explained(cluster), lines);
  });
}

const get = 'Get "http://10.244.0.89:8080/health"';
const probed = (answer: string): FakeCluster => ({
  pods: [podOf(ended({ exitCode: 2, reason: "Error", message: "x" }))],
  events: [unhealthy(`Startup probe failed: ${answer}`), killing("startup", "2026-11-29T02:30:11Z")],
});
const grpcProbed = (answer: string, service?: string): FakeCluster => {
  const timing = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 6 };
  return { ...probed(answer), container: { startupProbe: { grpc: { port: 9090, service }, ...timing } } };
};
const terminated = (reason: string, exitCode: number, message: string): FakeCluster => ({
  pods: [podOf(ended({ reason, exitCode, message }))],
});
const waits = (reason: string, message: string): FakeCluster => ({ pods: [podOf(waiting(reason, message))] });
const unscheduled = (message: string): FakeCluster => ({
  pods: [{ phase: "Pending", conditions: conditions("PodScheduled", "False", "Unschedulable", message) }],
});
const runc =
  "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process:";
const asked = "the startup probe asked GET :8080/health for";
const stopped = "The kubelet then stopped the container, to start it again.";
const later = "If the service only needs longer to start, raise `startDeadline`.";
const port = (number: number) =>
  `The service must listen on port ${number} of every address, not of 127.0.0.1 alone: it gets the number in PORT. If its port is another one, set \`port\`.`;
const pull = "container ping: its node can't pull r.example/ping@sha256:12";

/** The first line about what a cluster shows. The words are those of a kubelet, a scheduler or containerd. */
const firstLines: readonly [FakeCluster, string][] = [
  [
    probed(`${get}: dial tcp 10.244.0.89:8080: connect: connection refused`),
    `container ping: ${asked} 6 s. It got \`connection refused\`. ${stopped} ${port(8080)} ${later}`,
  ],
  [
    probed("HTTP probe failed with statuscode: 421"),
    `container ping: ${asked} 6 s. It got HTTP 421. ${stopped} The service refuses a request whose host is the pod's address: set \`healthPath\` to a path that it answers under any host.`,
  ],
  [
    probed("HTTP probe failed with statuscode: 503"),
    `container ping: ${asked} 6 s. It got HTTP 503. ${stopped} The service says that it isn't ready, and its last lines may say why. A network that it needs is missing in \`egress\`, or set \`healthPath\` to a check of the service alone. ${later}`,
  ],
  [
    probed("HTTP probe failed with statuscode: 401"),
    `container ping: ${asked} 6 s. It got HTTP 401. ${stopped} The path needs a login: set \`healthPath\` to one that needs none.`,
  ],
  [
    probed("HTTP probe failed with statuscode: 400"),
    `container ping: ${asked} 6 s. It got HTTP 400. ${stopped} A service that speaks TLS answers so. Set \`port\` to a port on which it speaks plain HTTP. Otherwise set \`healthPath\` to another path.`,
  ],
  [
    probed(
      `${get}: net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"`,
    ),
    `container ping: ${asked} 6 s. It got a TLS record instead of HTTP. ${stopped} The service speaks TLS. Set \`port\` to a port on which it speaks plain HTTP.`,
  ],
  [
    probed(
      `${get}: net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00\\x00\\x06\\x04\\x00\\x00"`,
    ),
    `container ping: ${asked} 6 s. It got HTTP/2 frames instead of HTTP/1.1. ${stopped} The service speaks gRPC: set \`grpcHealth\`.`,
  ],
  ...[
    `${get}: read tcp 10.244.0.1:52840->10.244.0.89:8080: read: connection reset by peer`,
    `${get}: EOF`,
    `${get}: http: server gave HTTP response to HTTPS client`,
  ].map((answer): [FakeCluster, string] => [
    probed(answer),
    `container ping: ${asked} 6 s. It got no HTTP/1.1 from port 8080, which is open. ${stopped} If the service speaks gRPC, set \`grpcHealth\`. Otherwise set \`port\` to its port for HTTP.`,
  ]),
  [
    probed(`${get}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
    `container ping: ${asked} 30 s. It got no answer within 5 s. ${stopped} Set \`healthPath\` to a check that answers sooner. ${later}`,
  ],
  [
    probed("something new"),
    `container ping: ${asked} 6 s. It got: something new. ${stopped} \`healthPath\` and \`port\` say what is asked.`,
  ],
  [
    grpcProbed('timeout: failed to connect service "10.244.0.92:9090" within 5s: context deadline exceeded'),
    `container ping: the startup probe asked gRPC :9090 grpc.health.v1.Health/Check for 30 s. It got no gRPC connection within 5 s. ${stopped} ${port(9090)} If it speaks HTTP, leave \`grpcHealth\` out and set \`healthPath\`. ${later}`,
  ],
  [
    grpcProbed(
      "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unexpected HTTP status code received from server: 404 (Not Found)",
    ),
    `container ping: the startup probe asked gRPC :9090 grpc.health.v1.Health/Check for 6 s. The server doesn't implement the gRPC health protocol. ${stopped} Register google.golang.org/grpc/health in the service, or leave \`grpcHealth\` out and set \`healthPath\` if it has a health check over HTTP.`,
  ],
  [
    grpcProbed("error: health rpc probe failed: rpc error: code = NotFound desc = unknown service", "shop.v1.Orders"),
    `container ping: the startup probe asked gRPC :9090 grpc.health.v1.Health/Check for shop.v1.Orders for 6 s. The server knows no health of this service. ${stopped} Set \`grpcHealth.service\` to a name that it reports, or leave it out to ask for the whole server.`,
  ],
  [
    grpcProbed('service unhealthy (responded with "NOT_SERVING")'),
    `container ping: the startup probe asked gRPC :9090 grpc.health.v1.Health/Check for 6 s. It got NOT_SERVING. ${stopped} The service says that it isn't ready, and its last lines may say why. A network that it needs is missing in \`egress\`. ${later}`,
  ],
  [
    grpcProbed("timeout: health rpc did not complete within 5s"),
    `container ping: the startup probe asked gRPC :9090 grpc.health.v1.Health/Check for 30 s. It got no answer within 5 s. ${stopped} The health service must answer sooner. ${later}`,
  ],
  [
    terminated("OOMKilled", 137, "2026/11/29 02:30:13 started\n"),
    "container ping: it used more memory than its limit, 64Mi, so the kernel killed it (OOMKilled). Raise `resources.limits.memory`, or let the service use less.",
  ],
  [
    terminated("Error", 1, "exec /text: exec format error\n"),
    "container ping: its program doesn't run on this node: `exec format error`. The `dockerfile` must build it for each of `platforms` (GOOS=$TARGETOS GOARCH=$TARGETARCH), and a script needs #! and its interpreter in its first line.",
  ],
  ...[`${runc} exec: "/ping": permission denied`, `${runc} exec /ping: permission denied`].map(
    (message): [FakeCluster, string] => [
      terminated("StartError", 128, message),
      "container ping: user 65532 may not start /ping: `permission denied`. Let the `dockerfile` make it executable for that user (COPY --chmod=0755).",
    ],
  ),
  ...[
    `${runc} exec: "/ping": stat /ping: no such file or directory`,
    `${runc} exec: "/ping": executable file not found in $PATH`,
    `${runc} exec /ping: no such file or directory`,
  ].map((message): [FakeCluster, string] => [
    terminated("StartError", 128, message),
    "container ping: the image has no /ping, or not the loader that it is linked to. The ENTRYPOINT in the `dockerfile`, or the first of `args` if there is none, must name a file of the image, and CGO_ENABLED=0 needs no loader.",
  ]),
  [
    waits("CreateContainerError", "container create failed: exec format error"),
    "container ping: its program doesn't run on this node: `exec format error`. The `dockerfile` must build it for each of `platforms` (GOOS=$TARGETOS GOARCH=$TARGETARCH), and a script needs #! and its interpreter in its first line.",
  ],
  [
    terminated("Error", 1, '{"level":"ERROR","error":"open /var/data: read-only file system"}\n'),
    "container ping: it couldn't write /var/data: `read-only file system`. Only /tmp can be written: point the service there, such as by `env`.",
  ],
  [
    terminated("Error", 1, "open /etc/key: permission denied\n"),
    "container ping: user 65532 may not open /etc/key: `permission denied`. Let the `dockerfile` give it to that user (COPY --chown or --chmod).",
  ],
  [
    terminated("Error", 1, "listen tcp :80: bind: permission denied\n"),
    "container ping: it may not listen on a port below 1024: `permission denied`. Set `port` to 1024 or above.",
  ],
  [
    terminated("Error", 1, "write /tmp/x: no space left on device\n"),
    "container ping: it ran out of disk: `no space left on device`. Raise `resources.limits.ephemeral-storage`; /tmp has half of it.",
  ],
  // A database's refusal is none of the pod's.
  [
    terminated("Error", 1, "pq: permission denied for table users\n"),
    "container ping: it ended by itself with exit code 1 (Error). Its last words: pq: permission denied for table users. What it reads comes from `env` and `args`.",
  ],
  [
    terminated("Completed", 0, "done\n"),
    "container ping: it ended by itself with exit code 0. A service serves until it is told to stop: see `args` and the ENTRYPOINT in the `dockerfile`.",
  ],
  ...["ErrImagePull", "ImagePullBackOff"].flatMap((reason): [FakeCluster, string][] => [
    [
      waits(
        reason,
        'rpc error: code = NotFound desc = failed to pull and unpack image "r.example/ping@sha256:12": failed to resolve image: r.example/ping@sha256:12: not found',
      ),
      `${pull}, which the registry doesn't have. Run pulumi up, which builds it again, or set \`image\` to one that exists.`,
    ],
    [
      waits(reason, "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized"),
      "container ping: its node may not pull r.example/ping@sha256:12. Set `registry.username` and `registry.password`; a node on AWS pulls with its own role, for another account by `registry.ecr.pullAccounts`.",
    ],
    [
      waits(reason, "failed to resolve image: no match for platform in manifest: not found"),
      "container ping: r.example/ping@sha256:12 has nothing for its node's architecture. Build it for that one: `platforms`.",
    ],
    [
      waits(
        reason,
        'failed to do request: Head "https://r.example/v2/": dial tcp 127.0.0.1:9: connect: connection refused',
      ),
      `${pull}. The registry of \`registry.url\`, or of \`image\`, must be reachable from the nodes under this name, by TLS that they trust.`,
    ],
  ]),
  [
    waits("CreateContainerConfigError", 'secret "ping-env-12" not found'),
    "container ping: the Secret ping-env-12 with the encrypted values of `env` is gone. pulumi up --refresh makes it again.",
  ],
  [
    unscheduled(
      "0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: 2 No preemption victims found.",
    ),
    "no node takes the pod: 0/2 nodes are available: 2 Insufficient memory. No node has enough memory left. Lower `resources.requests.memory` or `replicas`, or add a node.",
  ],
  [
    unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
    "no node takes the pod: 0/1 nodes are available: 1 node(s) had untolerated taint(s). Every node has a taint that the pods don't tolerate. Take it off a node of `cluster`, or add a node without one.",
  ],
  [
    unscheduled("no nodes available to schedule pods"),
    "no node takes the pod: no nodes available to schedule pods. The cluster of `cluster` has no node: add one.",
  ],
  [
    unscheduled("0/1 nodes are available: 1 Too many pods."),
    "no node takes the pod: 0/1 nodes are available: 1 Too many pods. Every node has as many pods as it may. Lower `replicas`, or add a node.",
  ],
  [
    {
      conditions: conditions(
        "ReplicaFailure",
        "True",
        "FailedCreate",
        'pods "ping-new-x" is forbidden: failed quota: most: must specify limits.cpu for: ping',
      ),
    },
    "the cluster refuses the pod: failed quota: most: must specify limits.cpu for: ping. The quota most asks for limits: set them in `resources.limits`.",
  ],
  [
    {
      conditions: conditions("Available", "False", "MinimumReplicasUnavailable", "too few"),
      pods: [evicted],
    },
    "its node evicted the pod: Pod ephemeral local storage usage exceeds the total limit of containers 64Mi. Raise `resources.requests.ephemeral-storage` and `resources.limits.ephemeral-storage`.",
  ],
  [
    {
      pods: [podOf(waiting("ContainerCreating", ""))],
      events: [
        warning(
          "Pod",
          "ping-new-0",
          "FailedCreatePodSandBox",
          `Failed to create pod sandbox: failed to start sandbox "${"0e".repeat(32)}": no addresses left`,
        ),
      ],
    },
    'the pod can\'t start: Failed to create pod sandbox: failed to start sandbox "…": no addresses left',
  ],
];

for (const [cluster, line] of firstLines) {
  test(`the first line is: ${line}`, async () => {
    assert.equal((await explained(cluster))[0], line);
  });
}

test("a start that the kubelet ended is known also once it reports no more of its stops", async () => {
  const at = (startedAt: string, finishedAt: string): FakeCluster => ({
    pods: [podOf(ended({ exitCode: 0, reason: "Completed", message: "stopped", startedAt, finishedAt }))],
    events: [unhealthy(`Startup probe failed: ${get}: EOF`), killing("startup", "2026-11-29T02:31:09Z")],
  });
  const [long = ""] = await explained(at("2026-11-29T02:31:15Z", "2026-11-29T02:31:25Z"));
  assert.match(long, /It got no HTTP\/1\.1 from port 8080, which is open\. The kubelet then stopped/);
  const [short = ""] = await explained(at("2026-11-29T02:31:15Z", "2026-11-29T02:31:17Z"));
  assert.match(short, /it ended by itself with exit code 0/);
});

test("a liveness probe's failure names livenessPath, and a readiness probe's stops nothing", async () => {
  const status = "HTTP probe failed with statuscode: 404";
  const [alive] = await explained({
    pods: [podOf(ended({ exitCode: 2, reason: "Error", message: "x" }, { started: true }))],
    events: [unhealthy(`Liveness probe failed: ${status}`), killing("liveness", "2026-11-29T02:30:11Z")],
  });
  assert.equal(
    alive,
    `container ping: the liveness probe asked GET :8080/health for 60 s. It got HTTP 404. ${stopped} The service has no such path: set \`livenessPath\` to that of its health check.`,
  );
  const [ready] = await explained({
    pods: [podOf({ ...running, started: true })],
    events: [unhealthy(`Readiness probe failed: ${status}`)],
  });
  assert.equal(
    ready,
    "container ping: the readiness probe asks GET :8080/health. It got HTTP 404. The pod gets no requests meanwhile. The service has no such path: set `healthPath` to that of its health check.",
  );
});

test("of a container that others have put into the pod, no key is named", async () => {
  assert.deepEqual(await explained({ pods: [podOf({ ...waiting("ErrImagePull", "not found"), name: "proxy" })] }), [
    "pod ping-new-0: Running",
    "  container proxy: ErrImagePull: not found, 0 restarts",
  ]);
});

test("a log is read of containers that left no last word, and of no others; one that may not be read is left out", async () => {
  const silent = ended({ exitCode: 2, reason: "Error" });
  const cluster: FakeCluster = {
    pods: [ended({ exitCode: 2, reason: "Error", message: "bye" }), waiting("ImagePullBackOff", ""), silent].map(podOf),
    log: undefined,
  };
  const { ask, paths } = fakeCluster(cluster);
  const state = await readRollout(ask, target);
  assert.deepEqual(
    paths.filter((path) => path.includes("/log")),
    ["/api/v1/namespaces/ping-dev/pods/ping-new-2/log?container=ping&tailLines=20"],
  );
  assert.deepEqual(state?.logs, { "ping-new-2/ping": "" });
});
