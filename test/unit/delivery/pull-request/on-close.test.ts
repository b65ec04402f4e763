import assert from "node:assert/strict";
import { test } from "node:test";
import { runOnClose } from "../../../../delivery/pull-request/on-close";
import { fakeRun } from "../fake-run";

const environment = { stack: "pr-12", namespace: "shop-pr-12", service: "shop" };
const kubectl = "kubectl --context staging --namespace shop-pr-12 --request-timeout=10s";
const created = { spec: { activeDeadlineSeconds: 240 }, status: {} };

/** A cluster in which the Job ends so; undefined for an environment without the key. */
function cluster(
  conditions: readonly { type: string; message?: string }[] | undefined,
  waited = 0,
  made: object = created,
) {
  const commands: string[] = [];
  const run = fakeRun((text) => {
    const command = text.replace(`${kubectl} `, "");
    commands.push(command);
    if (command.startsWith("get cronjobs")) {
      return JSON.stringify({ items: conditions === undefined ? [] : [{ metadata: { name: "shop-on-close" } }] });
    }
    if (command.startsWith("create job")) {
      return JSON.stringify(made);
    }
    if (command.startsWith("wait")) {
      return { status: waited, stderr: "timed out waiting\n" };
    }
    return command.startsWith("logs")
      ? "dropping\nno database\n"
      : JSON.stringify({ ...created, status: { conditions } });
  });
  return { commands, ended: runOnClose(environment, "staging", run) };
}

const found = "get cronjobs --selector app.kubernetes.io/component=on-close --output json";
const ran = (seconds: number) => [
  found,
  "delete job shop-on-close --ignore-not-found --request-timeout=5m",
  "create job shop-on-close --from=cronjob/shop-on-close --output json",
  `wait job/shop-on-close --for=jsonpath={.status.conditions[0].status}=True --timeout=${seconds}s --request-timeout=${seconds}s`,
  "get job shop-on-close --output json",
];

test("an environment without the key onClose runs nothing", async () => {
  const { commands, ended } = cluster(undefined);
  await ended;
  assert.deepEqual(commands, [found]);
});

test("a Job of what the environment's last update made runs to its end, whatever an earlier try has left", async () => {
  for (const type of ["SuccessCriteriaMet", "Complete"]) {
    const { commands, ended } = cluster([{ type }]);
    await ended;
    assert.deepEqual(commands, ran(300));
  }
});

test("a branch can't make anybody wait for longer than the longest deadline", async () => {
  for (const spec of [{}, { activeDeadlineSeconds: 1_000_000 }]) {
    const { commands, ended } = cluster([{ type: "Complete" }], 0, { spec, status: {} });
    await ended;
    assert.deepEqual(commands, ran(7260));
  }
});

test("a Job that fails or doesn't end says why, shows its last lines, and how to go on", async () => {
  for (const [conditions, waited, reason] of [
    [
      [{ type: "FailureTarget", message: "Job has reached the specified backoff limit." }],
      0,
      "Job has reached the specified backoff limit",
    ],
    [[], 1, "timed out waiting"],
  ] as const) {
    const { ended } = cluster(conditions, waited);
    await assert.rejects(ended, {
      message:
        `pr-12 stays with its data, because the Job shop-on-close in shop-pr-12 failed: ${reason}. Its last lines:\n` +
        "dropping\nno database\nA close that is run again and the next sweep try again. To remove the environment and leave " +
        `the data: ${kubectl} delete cronjob shop-on-close`,
    });
  }
});
