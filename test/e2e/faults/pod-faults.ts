import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AskApi, explain, readRollout } from "../../../infra/rollout";
import { eventually } from "../../support/eventually";
import { execute } from "../../support/execute";
import type { Project } from "../../support/project";
import { type PodFault, stable } from "./fault-table";
import { pushMisfit } from "./misfit";

/** What is looked at and changed of a container. */
interface Container {
  image: string;
  command?: readonly string[];
  args?: readonly string[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  envFrom?: readonly object[];
  [probe: `${string}Probe`]: { failureThreshold: number; httpGet?: object; grpc?: object } | undefined;
}
interface Deployment {
  spec: {
    replicas: number;
    selector: object;
    template: {
      metadata: object;
      spec: { affinity?: object; topologySpreadConstraints?: object; containers: [Container] };
    };
  };
}

/** A fault: what it is, what of the container causes it, and what the first line must have, with the key to change. */
interface Case {
  readonly what: string;
  readonly cause: Partial<Container>;
  readonly says: RegExp;
  /** Whether the probes ask over gRPC. */
  readonly grpc?: boolean;
}

/** Failures in a row until the kubelet stops the container. */
const failureThreshold = 3;

const started = (way: string): Partial<Container> => ({ command: ["/misfit"], args: [way] });
const stopped = (answer: string, key: string) =>
  new RegExp(`the startup probe asked .* for \\d+ s\\. .*${answer}.* The kubelet then stopped .*\`${key}\``);
const limits = (memory: string) => ({ requests: { memory: "16Mi" }, limits: { memory } });

const casesOf = (repository: string): Readonly<Record<string, Case>> => ({
  loopback: {
    what: "the service listens on 127.0.0.1, or on another port",
    cause: started("loopback"),
    says: stopped("connection refused", "port"),
  },
  sleep: {
    what: "the start takes longer than `startDeadline`",
    cause: started("sleep"),
    says: stopped("connection refused", "startDeadline"),
  },
  "not-found": {
    what: "the service has no such path",
    cause: started("404"),
    says: stopped("404", "healthPath"),
  },
  misdirected: {
    what: "the service answers under its host name only",
    cause: started("421"),
    says: stopped("421", "healthPath"),
  },
  unavailable: {
    what: "the service says that it isn't ready",
    cause: started("503"),
    says: stopped("503", "startDeadline"),
  },
  silence: {
    what: "the health check takes too long",
    cause: started("silence"),
    says: stopped("no answer within 5 s", "healthPath"),
  },
  tls: { what: "the service speaks TLS", cause: started("tls"), says: stopped("HTTP 400", "port") },
  http2: { what: "the service speaks gRPC", cause: started("http2"), says: stopped("no HTTP/1.1", "grpcHealth") },
  "no-grpc": {
    what: "`grpcHealth`, and the service speaks HTTP",
    cause: started("200"),
    grpc: true,
    says: stopped("no gRPC connection", "grpcHealth"),
  },
  "no-grpc-health": {
    what: "`grpcHealth`, and the server has no health service",
    cause: started("http2"),
    grpc: true,
    says: stopped("doesn't implement", "grpcHealth"),
  },
  panic: { what: "the service crashes", cause: started("panic"), says: /exit code 2 .*no DATABASE_URL.*`env`/ },
  end: { what: "the service ends by itself", cause: started("end"), says: /exit code 0.*`args`/ },
  memory: {
    what: "the service needs more memory than it may have",
    cause: { ...started("memory"), resources: limits("32Mi") },
    says: /OOMKilled.*`resources\.limits\.memory`/,
  },
  write: {
    what: "the service writes elsewhere than to `/tmp`",
    cause: started("write"),
    says: /\/data: `read-only file system`.*`env`/,
  },
  read: {
    what: "a file of the image isn't for the pod's user",
    cause: started("read"),
    says: /\/secret: `permission denied`.*`dockerfile`/,
  },
  owners: {
    what: "the program isn't for the pod's user",
    cause: { command: ["/owners"] },
    says: /\/owners: `permission denied`.*`dockerfile`/,
  },
  text: {
    what: "the program isn't one for the node",
    cause: { command: ["/text"] },
    says: /`exec format error`.*`dockerfile`.*`platforms`/,
  },
  missing: {
    what: "the image has no such program",
    cause: { command: ["/missing"] },
    says: /no \/missing.*`dockerfile`/,
  },
  unknown: {
    what: "the image isn't in the registry",
    cause: { image: `${repository}@sha256:${"0".repeat(64)}` },
    says: /can't pull .*`image`/,
  },
  unreachable: {
    what: "the nodes can't reach the registry",
    cause: { image: `127.0.0.1:9/ping@sha256:${"0".repeat(64)}` },
    says: /can't pull .*`registry\.url`/,
  },
  secret: {
    what: "the Secret of `env` was deleted by hand",
    cause: { envFrom: [{ secretRef: { name: "ping-env" } }] },
    says: /Secret ping-env .*`env`/,
  },
  large: {
    what: "no node is large enough",
    cause: { resources: { requests: { memory: "900Gi" }, limits: { memory: "900Gi" } } },
    says: /no node takes the pod: .*`resources\.requests\.memory`/,
  },
  quota: {
    what: "the namespace's quota is used up",
    cause: { resources: { requests: { memory: "16Mi" }, limits: { memory: "2000Gi" } } },
    says: /exceeded quota: most.*`quota`/,
  },
});

/**
 * Causes each fault in a Deployment of its own, all at once, made from the one that a project has deployed. Returns what is
 * said first of each.
 */
export async function causePodFaults(project: Project, service: string, repository: string): Promise<PodFault[]> {
  const image = await pushMisfit(repository, project.env);
  const deployed = await project.get<Deployment>("deployment", service);
  const cases = Object.entries(casesOf(repository));
  const items = cases.map(([name, { cause, grpc = false }]) =>
    faulty(deployed, { name, namespace: project.namespace }, { image, ...cause }, grpc),
  );
  const file = join(project.cwd, "pod-faults.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await project.kubectl("create", "quota", "most", "--hard=limits.memory=1000Gi");
  await project.kubectl("apply", "--filename", file);
  const lines = new Map<string, string>();
  const missing = () => cases.filter(([name, { says }]) => !says.test(lines.get(name) ?? ""));
  const look = async () => {
    const ask = askOnce(project);
    for (const [name] of missing()) {
      lines.set(name, await firstLine(ask, { name, namespace: project.namespace }));
    }
    return missing().length === 0 || undefined;
  };
  // The last ones are those that a pod may need 15 s for, and a second start.
  await eventually("what is to be said of each fault", look, 180_000).catch((error: unknown) => {
    const told = missing().map(([name, { says }]) => `${name}: not ${String(says)}, but: ${lines.get(name)}`);
    throw new Error([String(error), ...told].join("\n"));
  });
  await project.kubectl("delete", "--wait=false", "--filename", file);
  await project.kubectl("delete", "quota", "most");
  return cases.map(([name, { what }]) => ({ what, line: stable(lines.get(name) ?? "") }));
}

function faulty(
  deployed: Deployment,
  metadata: { readonly name: string; readonly namespace: string },
  cause: Partial<Container>,
  grpc: boolean,
): object {
  const { spec } = structuredClone(deployed);
  const labels = { fault: metadata.name };
  const [container] = spec.template.spec.containers;
  Object.assign(container, cause);
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
    const { httpGet, ...timing } = container[probe] ?? {};
    container[probe] = {
      ...timing,
      failureThreshold,
      ...(grpc ? { grpc: { port: 8080 } } : { ...(httpGet && { httpGet }) }),
    };
  }
  const { affinity: _affinity, topologySpreadConstraints: _constraints, ...podSpec } = spec.template.spec;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      ...spec,
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec },
    },
  };
}

/** Asks a project's cluster for each path once: all Deployments are in one namespace. */
function askOnce(project: Project): AskApi {
  const answers = new Map<string, Promise<string | undefined>>();
  const get = async (path: string) => {
    const { status, stdout } = await execute(["kubectl", "get", "--raw", path], project);
    return status === 0 ? stdout : undefined;
  };
  return (path) => {
    const answer = answers.get(path) ?? get(path);
    answers.set(path, answer);
    return answer;
  };
}

async function firstLine(ask: AskApi, target: { readonly name: string; readonly namespace: string }): Promise<string> {
  const state = await readRollout(ask, target);
  return state === undefined ? "there is no such Deployment" : (explain(state)[0] ?? "every pod is ready");
}
