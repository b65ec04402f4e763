import { type Container, type ContainerStatus, ending, type Probe } from "./objects";
import { isTimeout, type Kind, kinds, type Question, readAnswer } from "./probe-answers";
import type { Tally } from "./tally";

/**
 * The probe after whose failure the kubelet stopped a container, in the end that its status shows. Undefined if the
 * container ended by itself, or hasn't ended. The kubelet reports 25 events of a pod and then one in five minutes. So the
 * event of this end may be missing: then one of an earlier end counts, if the container ran for as long as the probe waits.
 */
export function stoppedBy(
  status: ContainerStatus,
  container: Container | undefined,
  tallies: readonly Tally[],
): Kind | undefined {
  const { startedAt, finishedAt } = ending(status) ?? {};
  const [started, finished] = [startedAt ?? "", finishedAt ?? ""];
  return kinds.find((kind) => {
    const message = `Container ${status.name} failed ${kind.toLowerCase()} probe, will be restarted`;
    const killing = tallies.find((each) => each.reason === "Killing" && each.message === message);
    const probe = container && probeOf(container, kind);
    const waited = probe && Date.parse(finished) - Date.parse(started) >= 1000 * (secondsOf(probe) - 1);
    return killing !== undefined && (killing.last >= started || waited === true);
  });
}

const probeOf = ({ startupProbe, livenessProbe, readinessProbe }: Container, kind: Kind) =>
  ({ Startup: startupProbe, Liveness: livenessProbe, Readiness: readinessProbe })[kind];

const secondsOf = ({ failureThreshold, periodSeconds }: Probe) => failureThreshold * periodSeconds;

/**
 * Why a container's probe fails, in one paragraph: what was asked and for how long, what came back, what the kubelet does
 * then, and the config key to change. Undefined if no probe of the program's fails, or if the container ended by itself.
 *
 * @param tallies Those of the container's pod.
 */
export function probeFailure(
  container: Container,
  status: ContainerStatus,
  tallies: readonly Tally[],
): string | undefined {
  const stopped = stoppedBy(status, container, tallies);
  if (stopped === undefined && ending(status) !== undefined && !status.started) {
    return undefined;
  }
  const kind = stopped ?? (status.started ? "Readiness" : "Startup");
  const probe = probeOf(container, kind);
  const question = probe === undefined ? undefined : questionOf(probe, container);
  const answer = lastAnswer(kind, status.name, tallies);
  if (probe === undefined || question === undefined || answer === undefined) {
    return undefined;
  }
  const { says, advice } = readAnswer(answer, { ...question, kind, timeout: probe.timeoutSeconds });
  // An answer that is waited for in vain delays the next question.
  const seconds = isTimeout(answer)
    ? probe.failureThreshold * Math.max(probe.periodSeconds, probe.timeoutSeconds)
    : secondsOf(probe);
  const asked = `container ${status.name}: the ${kind.toLowerCase()} probe`;
  const course =
    stopped !== undefined
      ? `${asked} asked ${question.text} for ${seconds} s. ${says}. The kubelet then stopped the container, to start it again`
      : kind === "Readiness"
        ? `${asked} asks ${question.text}. ${says}. The pod gets no requests meanwhile`
        : `${asked} asks ${question.text}. ${says}. After ${seconds} s the kubelet stops the container, to start it again`;
  return `${course}. ${advice}`;
}

function questionOf(
  { httpGet, grpc }: Probe,
  { ports }: Container,
): Pick<Question, "text" | "grpc" | "port"> | undefined {
  if (grpc !== undefined) {
    const service = grpc.service ? ` for ${grpc.service}` : "";
    return { text: `gRPC :${grpc.port} grpc.health.v1.Health/Check${service}`, grpc: true, port: grpc.port };
  }
  if (httpGet === undefined) {
    return undefined;
  }
  const port =
    typeof httpGet.port === "number" ? httpGet.port : ports.find(({ name }) => name === httpGet.port)?.containerPort;
  return port === undefined ? undefined : { text: `GET :${port}${httpGet.path}`, grpc: false, port };
}

/** What came back most often: the first answers after each start may differ. */
function lastAnswer(kind: Kind, name: string, tallies: readonly Tally[]): string | undefined {
  const prefix = `${kind} probe failed: `;
  const [most] = tallies
    .filter(({ reason, message, object: { fieldPath } }) => {
      return reason === "Unhealthy" && message.startsWith(prefix) && fieldPath === `spec.containers{${name}}`;
    })
    .sort((a, b) => b.count - a.count);
  return most?.message.slice(prefix.length);
}
