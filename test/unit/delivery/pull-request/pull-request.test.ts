import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { closeEnvironment, openEnvironment } from "../../../../delivery/pull-request/pull-request";
import { lastGoodTag } from "../../../../delivery/release/last-good";
import { recentTag } from "../../../../delivery/release/recent-releases";
import { ownerTag } from "../../../../delivery/stack/lock";
import { setVariable } from "../../../support/variables";
import { projectWith } from "../../../support/files";
import { listen } from "../../../support/servers";
import { deploymentState } from "../deployment-state";
import { fakeRun, noSuchStack } from "../fake-run";

const args = { number: "12", template: "Pulumi.pr.yaml" };
const commit = "b".repeat(40);
const image = `registry.example.com/ping@sha256:${"a".repeat(64)}`;

/** A backend with these stacks, in which everything succeeds but the commands that start so. A stack has these outputs. */
function backend(stacks: readonly string[], fails = "nothing", outputs: object = { image }) {
  const commands: string[] = [];
  let configured = "";
  const pod = { metadata: { name: "ping-1" }, status: { conditions: [{ type: "Ready", status: "True" }] } };
  const answers: Readonly<Record<string, unknown>> = {
    "pulumi stack tag": {},
    "kubectl --namespace ping-dev --request-timeout=10s get pods": { items: [pod] },
    "kubectl --namespace ping-pr-12 --request-timeout=10s get cronjobs": { items: [] },
    "kubectl --context staging --namespace ping-pr-12 --request-timeout=10s get cronjobs": { items: [] },
  };
  const run = fakeRun((text, command, { cwd = "" }) => {
    commands.push(
      text
        .replace(/ --event-log .*/, "")
        .replace(`${hostname()} `, "HERE ")
        .replace(/\d{4}-\S+Z/, "NOW"),
    );
    if (text === "git rev-parse HEAD") {
      return commit;
    }
    if (text.startsWith("git worktree add")) {
      mkdirSync(command[4] ?? "", { recursive: true });
      writeFileSync(join(command[4] ?? "", "Pulumi.pr.yaml"), "config: { of: the commit }\n");
    } else if (text.startsWith("pulumi up")) {
      configured = readFileSync(join(cwd, "Pulumi.pr-12.yaml"), "utf8");
      const { type, inputs } = deploymentState();
      const events = [
        { op: "same", urn: "stack", type: "pulumi:pulumi:Stack", new: { outputs } },
        { op: "same", urn: "deployment", type, new: { inputs } },
      ];
      const log = command[command.indexOf("--event-log") + 1] ?? "";
      writeFileSync(log, events.map((metadata) => `${JSON.stringify({ resOutputsEvent: { metadata } })}\n`).join(""));
    } else if (text.startsWith("pulumi stack tag ls") && !stacks.includes(command.at(-1) ?? "")) {
      return noSuchStack;
    }
    const answer = Object.entries(answers).find(([start]) => text.startsWith(start))?.[1] ?? "";
    return { status: text.startsWith(fails) ? 1 : 0, stdout: JSON.stringify(answer) };
  });
  return { run, commands, configured: () => configured };
}

/** The checkout, whose files name the environment. */
const checkout = (t: TestContext) =>
  projectWith(t, { "Pulumi.yaml": "name: ping\n", "Pulumi.pr.yaml": "config: {}\n" });

/** What GitHub sets in a job. */
const inJob = { GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "42", GITHUB_RUN_ATTEMPT: "2" };

const timing = { inARow: 1, atMost: 1, pause: 0 };

test("an environment is made once, configured from the commit's template, and released each time", async (t) => {
  for (const [stacks, made] of [
    [["dev", "pr-1"], ["pulumi stack init pr-12 --no-select"]],
    [["pr-12"], []],
  ] as const) {
    const { run, commands, configured } = backend(stacks);
    // fakeRun has taken this test out of any job.
    Object.entries(inJob).forEach(([name, value]) => setVariable(t, name, value));
    assert.deepEqual(await openEnvironment(args, run, timing), {
      kind: "released",
      image,
      built: false,
      exposed: undefined,
    });
    // Each of these takes half a second at least.
    assert.deepEqual(
      commands.filter((command) => command.startsWith("pulumi ")),
      [
        "pulumi stack tag ls --json --stack pr-12",
        ...made,
        `pulumi stack tag set ${ownerTag} 42/2 HERE NOW --stack pr-12`,
        "pulumi up --yes --skip-preview --stack pr-12",
        `pulumi stack tag set ${lastGoodTag} ${commit} ${image} --stack pr-12`,
        `pulumi stack tag set ${recentTag} ${"a".repeat(16)} --stack pr-12`,
        `pulumi stack tag rm ${ownerTag} --stack pr-12`,
      ],
    );
    assert.equal(configured(), "config: { of: the commit }\n");
  }
});

test("an environment with a URL is open once it answers there as its readiness probe asks, and not before", async (t) => {
  const answers = [404];
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/healthz" ? (answers.shift() ?? 200) : 500;
    response.end();
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  const exposed = { url, health: { path: "/healthz", port: 8080 } };
  const open = () =>
    openEnvironment(args, backend(["pr-12"], "nothing", { image, url, internalUrl: "http://ping" }).run, timing);
  await assert.rejects(open(), /the pods are healthy, but http:\/\/127\.0\.0\.1:\d+\/healthz isn't: it answered 404\./);
  assert.deepEqual(await open(), { kind: "released", image, built: false, exposed });
});

const closing = ["kubectl --namespace ping-pr-12 --request-timeout=10s get cronjobs"];
const select = "--selector app.kubernetes.io/component=on-close --output json";
const noNamespace = "kubectl delete namespace ping-pr-12 --ignore-not-found --timeout=10m";

test("an environment is removed with its namespace and its stack, also where a killed job has left but the namespace", async (t) => {
  checkout(t);
  const there = backend(["pr-12"]);
  await closeEnvironment(args, there.run);
  assert.deepEqual(there.commands, [
    "pulumi stack tag ls --json --stack pr-12",
    `${closing[0]} ${select}`,
    "pulumi destroy --yes --skip-preview --stack pr-12",
    noNamespace,
    "pulumi stack rm --yes --stack pr-12",
  ]);
  const gone = backend(["pr-1", "pr-123"]);
  await closeEnvironment({ ...args, context: "staging" }, gone.run);
  const inContext = (command = "") => command.replace("kubectl", "kubectl --context staging");
  assert.deepEqual(gone.commands, [
    "pulumi stack tag ls --json --stack pr-12",
    `${inContext(closing[0])} ${select}`,
    inContext(noNamespace),
  ]);
});

test("an environment that can't be removed is an error and stays, and so is a number that no request can have", async (t) => {
  checkout(t);
  const { run, commands } = backend(["pr-12"], "pulumi destroy");
  await assert.rejects(closeEnvironment(args, run), /the environment pr-12 could not be removed/);
  assert.ok(!commands.some((each) => each.includes("delete namespace") || each.includes("stack rm")));
  await assert.rejects(openEnvironment({ ...args, number: "../dev" }, run), /isn't a pull request's number/);
});

test("an environment whose key onClose fails stays as it is", async (t) => {
  checkout(t);
  const { run, commands } = backend(["pr-12"], closing[0]);
  await assert.rejects(closeEnvironment(args, run), /get cronjobs .* ended with 1/);
  assert.equal(commands.at(-1), `${closing[0]} ${select}`);
});
