import { at, numberAt, objectAt, objectsAt, type Properties, textAt } from "../values";

/** Whether a pod serves, so that nothing has to be said about it. */
export function isPodReady(pod: Properties): boolean {
  return objectsAt(pod, "status", "conditions").some(
    (entry) => entry["type"] === "Ready" && entry["status"] === "True",
  );
}

/**
 * Lines that say why a pod is not ready: what keeps it from being scheduled, and for each of its containers what it
 * waits for, or how it ended and with which last words (its termination message).
 */
export function describePod(pod: Properties): string[] {
  const unscheduled = objectsAt(pod, "status", "conditions").filter(
    (entry) => entry["type"] === "PodScheduled" && entry["status"] === "False",
  );
  const containers = [
    ...objectsAt(pod, "status", "initContainerStatuses"),
    ...objectsAt(pod, "status", "containerStatuses"),
  ];
  const lines = [
    ...unscheduled.map((entry) => `not scheduled: ${textAt(entry, "message")}`),
    ...containers.flatMap(describeContainer),
  ];
  const phase = textAt(pod, "status", "phase") || "not started";
  return [`pod ${textAt(pod, "metadata", "name")}: ${phase}`, ...lines.map((line) => `  ${line}`)];
}

/**
 * The names of a pod's containers that aren't ready, have been running and did not say why, so that their log is worth a
 * look: they have ended without a termination message, or run still.
 */
export function silentContainers(pod: Properties): string[] {
  return objectsAt(pod, "status", "containerStatuses")
    .filter((status) => {
      const ended = lastEnd(status);
      const ran = Object.keys(ended).length > 0 || at(status, "state", "running") !== undefined;
      return status["ready"] !== true && ran && textAt(ended, "message") === "";
    })
    .map((status) => textAt(status, "name"));
}

/** The last warnings about some objects, newest last, each of them once with how often it was seen. */
export function describeWarnings(events: readonly Properties[], names: ReadonlySet<string>, limit = 5): string[] {
  const about = events.filter(
    (event) => event["type"] === "Warning" && names.has(textAt(event, "involvedObject", "name")),
  );
  const lines = about.sort((a, b) => timeOf(a).localeCompare(timeOf(b))).map(describeEvent);
  return [...new Set(lines)].slice(-limit);
}

function describeContainer(status: Properties): string[] {
  if (status["ready"] === true) {
    return [];
  }
  const name = textAt(status, "name");
  const waiting = objectAt(status, "state", "waiting");
  const ended = lastEnd(status);
  const restarts = numberAt(0, status, "restartCount");
  const lines = [];
  if (textAt(waiting, "reason") !== "") {
    lines.push(`container ${name}: ${sentence(waiting)}`);
  } else if (at(status, "state", "running") !== undefined) {
    lines.push(`container ${name}: running but not ready${restarts > 0 ? `, ${restarts} restarts` : ""}`);
  }
  if (Object.keys(ended).length > 0) {
    const code = String(numberAt(0, ended, "exitCode"));
    lines.push(`container ${name}: ended with exit code ${code} (${textAt(ended, "reason") || "no reason"})`);
    lines.push(...lastLines(textAt(ended, "message")).map((line) => `  | ${line}`));
  }
  return lines;
}

/** How many lines of a container's output are shown: what a Go program says as it crashes is above its stack. */
export const shownLines = 20;

/** The last lines of a text, without empty ones. */
export function lastLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-shownLines);
}

function lastEnd(status: Properties): Properties {
  const now = objectAt(status, "state", "terminated");
  return Object.keys(now).length > 0 ? now : objectAt(status, "lastState", "terminated");
}

function sentence(state: Properties): string {
  const message = textAt(state, "message");
  return message === "" ? textAt(state, "reason") : `${textAt(state, "reason")}: ${message}`;
}

function describeEvent(event: Properties): string {
  const object = objectAt(event, "involvedObject");
  const [kind, name] = [textAt(object, "kind"), textAt(object, "name")];
  const message = textAt(event, "message").replace("(combined from similar events): ", "").trim();
  // Each of the pods that a ReplicaSet couldn't make had a name of its own.
  const told = kind === "ReplicaSet" ? message.replace(new RegExp(`"${name}-[a-z0-9]+"`, "g"), `"${name}-…"`) : message;
  return `${textAt(event, "reason")} (${kind} ${name}): ${told}`;
}

function timeOf(event: Properties): string {
  return (
    textAt(event, "series", "lastObservedTime") ||
    textAt(event, "lastTimestamp") ||
    textAt(event, "eventTime") ||
    textAt(event, "metadata", "creationTimestamp")
  );
}
