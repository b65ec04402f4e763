import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dump, load as readYaml } from "js-yaml";
import { checkout } from "../sandbox/ground/paths";
import { pki } from "../sandbox/network/pki";
import { inNode } from "../sandbox/standalone/machine";
import { edit } from "../support/edit";
import { eventually } from "../support/eventually";
import { execute, type Execution, succeed } from "../support/execute";
import { FakeGitHub } from "../support/fake-github";
import { directoryWith } from "../support/files";
import { copyCheckout, Project } from "../support/project";
import { letMachineReach } from "../support/relay";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { load, type LoadReport } from "./load/load";
import { needs } from "./needs";
import { entranceTo, namespace as gatewayNamespace, withTraefik } from "./traefik";
import { assertGone, command, commit, deployed, script } from "./workflows/delivery-scripts";

const domain = "preview.example.com";
/** Where the machine finds the hosts of the domain, as a DNS record would say. */
const loopback = "127.0.27.1";
const template = "Pulumi.pr.yaml";
const inSandbox = ["--template", template, "--context", "sandbox"];
const numbers = ["4301", "4302"];

/** A pull request: its branch's checkout, and its environment. */
class PullRequest {
  readonly stack: string;
  readonly host: string;
  readonly url: string;

  constructor(
    readonly number: string,
    readonly project: Project,
    private readonly job: NodeJS.ProcessEnv,
    private readonly hosts: string,
  ) {
    this.stack = project.stack;
    this.host = `${this.stack}.${domain}`;
    this.url = `https://${this.host}`;
  }

  /** What pull-request.yml does for a commit. */
  async push(): Promise<Execution> {
    const of = ["--commit", await commit(this.project), "--log", "https://github.com/owner/name/actions/runs/1"];
    await this.status("in_progress", ...of);
    const GITHUB_OUTPUT = join(this.project.cwd, ".git", "github-output");
    writeFileSync(GITHUB_OUTPUT, "");
    const opened = await this.script("pull-request", ["open", ...inSandbox, "--policy-pack", "policy"], {
      GITHUB_OUTPUT,
    });
    const url = /^url=(.*)$/m.exec(readFileSync(GITHUB_OUTPUT, "utf8"))?.[1] ?? "";
    await this.status(opened.status === 0 ? "success" : "failure", ...of, "--url", url);
    return opened;
  }

  /** What it does once the request is closed. */
  async close(): Promise<void> {
    const closed = await this.script("pull-request", ["close", ...inSandbox]);
    assert.equal(closed.status, 0, closed.stdout + closed.stderr);
    await this.status("inactive");
  }

  /** Runs a script for this request where the domain's hosts have an address. */
  script(name: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<Execution> {
    const mount = `mount --bind ${this.hosts} /etc/hosts && exec "$@"`;
    const argv = command(name, [...args, "--number", this.number]);
    const { cwd, env } = this.project;
    return execute(["unshare", "--mount", "sh", "-c", mount, "sh", ...argv], { cwd, env: { ...env, ...variables } });
  }

  private async status(state: string, ...args: string[]): Promise<void> {
    const { status, stderr } = await this.script(
      "environment-status",
      [state, "--template", template, ...args],
      this.job,
    );
    assert.equal(status, 0, stderr);
  }
}

/** Pulumi.pr.yaml with the key `expose`, in the sandbox: its cluster, its builder and one registry for all requests. */
function writeTemplate(cwd: string, registry: string): void {
  const read = (text: string) => (readYaml(text) as { config: Record<string, unknown> }).config;
  const own = read(readFileSync(join(checkout, template), "utf8").replaceAll(/^ {2}# (?=ping:| )/gm, "  "));
  const ofSandbox = {
    ...read(readFileSync(join(checkout, "Pulumi.dev.yaml"), "utf8")),
    "ping:registry": { url: registry },
    "ping:expose": { ...(own["ping:expose"] as object), gateway: { name: "public", namespace: gatewayNamespace } },
  };
  const config = Object.fromEntries(
    Object.entries({ ...own, ...ofSandbox }).filter(([key]) => !key.startsWith("aws:")),
  );
  writeFileSync(join(cwd, template), dump({ config: { ...config, "ping:replicas": own["ping:replicas"] } }));
}

/** An open pull request, as GitHub lists it. */
const pullRequest = (number: number) => ({ id: number, number, user: { type: "User" }, body: "", state: "open" });

/** A state that a branch may have written: a destroy would fetch the plugin that it names, and fail. */
function hostileState(stack: string) {
  const urn = (type: string, name: string) => `urn:pulumi:${stack}::ping::${type}::${name}`;
  const provider = {
    urn: urn("pulumi:providers:hostile", "one"),
    custom: true,
    type: "pulumi:providers:hostile",
    id: "1",
  };
  const resource = { urn: urn("hostile:index:Thing", "thing"), custom: true, type: "hostile:index:Thing", id: "2" };
  const inputs = { version: "1.0.0", pluginDownloadURL: "http://127.0.0.1:1" };
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
      resources: [
        { urn: urn("pulumi:pulumi:Stack", `ping-${stack}`), custom: false, type: "pulumi:pulumi:Stack" },
        { ...provider, inputs, outputs: inputs },
        { ...resource, provider: `${provider.urn}::1` },
      ],
    },
  };
}

/** Seconds that the engine says an operation on a resource took; 0 where it did none. */
function seconds(output: string, resource: string): number {
  return Number(
    new RegExp(`${resource} (?:created|updated|replaced) \\((\\d+(?:\\.\\d+)?)s\\)`).exec(output)?.[1] ?? 0,
  );
}

test(
  "each pull request has a URL of its own until it closes",
  { skip: needs("standalone", "it carries connections into the node's network") },
  async (t) => {
    const env = { ...(await sandboxEnvironment()), NODE_EXTRA_CA_CERTS: pki.ca };
    const github = await FakeGitHub.start();
    t.after(() => github.stop());
    github.permissions = { "pull-requests": "write", deployments: "write" };
    const directory = directoryWith(t);
    const registry = `localhost:15000/pull-requests-${String(Date.now())}/ping`;
    const hosts = join(directory, "hosts");
    const names = numbers.map((number) => `${loopback} pr-${number}.${domain}`);
    writeFileSync(hosts, [readFileSync("/etc/hosts", "utf8"), ...names, ""].join("\n"));
    const policies = join(directory, "policies.yaml");
    const rules = readFileSync(join(checkout, "docs/pull-request-namespaces.yaml"), "utf8");
    assert.ok(rules.includes(`expression: "''"`));
    writeFileSync(policies, rules.replace(`expression: "''"`, `expression: "'${domain}'"`));

    const requests = await Promise.all(
      numbers.map(async (number) => {
        const cwd = await copyCheckout();
        t.after(() => rmSync(cwd, { recursive: true }));
        writeTemplate(cwd, registry);
        return new PullRequest(number, new Project(cwd, `pr-${number}`, env), github.environment, hosts);
      }),
    );
    const [one, two] = requests as [PullRequest, PullRequest];
    // What an earlier run has built, BuildKit would take from its cache.
    const again = `again at ${Date.now()}`;

    /** The lines of a request's comment that GitHub shows. */
    const comment = ({ stack }: PullRequest) => {
      const found = github.comments.filter(({ body }) => body.startsWith(`<!-- environment ${stack} -->\n`));
      assert.equal(found.length, 1);
      return found[0]?.body.split("\n").slice(1) ?? [];
    };
    /** The states of a request's deployments, the newest first, with their URLs. */
    const deployments = ({ stack }: PullRequest) =>
      github.deployments.all
        .filter(({ environment }) => environment === stack)
        .map(({ statuses: [newest] }) => [newest?.state, newest?.environment_url].filter(Boolean));
    const good = ({ status, stdout, stderr }: Execution) => assert.equal(status, 0, stdout + stderr);

    await withTraefik(env, `*.${domain}`, async ({ address }) => {
      t.after(letMachineReach(address, 443, loopback));
      /** Status and body of a GET from outside of the cluster, over TLS. */
      const answer = async ({ host, url }: PullRequest) => {
        const { curl } = entranceTo(host, address);
        return (await execute(inNode([...curl, "--write-out", " %{http_code}", url]))).stdout;
      };
      const answers = (request: PullRequest, text: string) =>
        eventually(`${text} from ${request.url}`, async () =>
          (await answer(request)) === `Hello, ${text}! <3 200` ? true : undefined,
        );

      try {
        await succeed(["kubectl", "apply", "--filename", policies], { env });
        await t.test("two at once, each with its comment and its deployment", async () => {
          await Promise.all(
            requests.map(async (request, index) => {
              edit(request.project.cwd, "app/routes.go", "Hello, Docker!", `Hello, ${String(index)}!`);
              good(await request.push());
              assert.deepEqual(comment(request)[0], `**[${request.url}](${request.url})**`);
              assert.deepEqual(deployments(request), [["success", request.url]]);
              await answers(request, String(index));
            }),
          );
        });

        await t.test("an edit of one is soon at its URL, and the other loses no request meanwhile", async (t) => {
          edit(one.project.cwd, "app/routes.go", "Hello, 0!", `Hello, ${again}!`);
          const { target } = entranceTo(two.host, address);
          const loads = await Promise.all(
            [true, false].map((keepAlive) => load(two.project, "ping", keepAlive, { target })),
          );
          const ended: Promise<LoadReport>[] = [];
          const began = performance.now();
          const pushed = await one.push().finally(() => ended.push(...loads.map((each) => each.end())));
          const took = (performance.now() - began) / 1000;
          good(pushed);
          await answers(one, again);
          const [build, rollout] = ["ping-build", "ping-deployment"].map((each) => seconds(pushed.stderr, each));
          const both = (build ?? 0) + (rollout ?? 0);
          t.diagnostic(
            `push to comment ${took.toFixed(1)} s, build ${String(build)} s, rollout ${String(rollout)} s: ${(took / both).toFixed(2)} times both`,
          );
          assert.deepEqual(deployments(one), [["success", one.url], ["inactive"]]);
          const reports = await Promise.all(ended);
          const sum = (of: "requests" | "failed") => reports.reduce((total, report) => total + report[of], 0);
          t.diagnostic(`${String(sum("requests"))} requests, ${String(sum("failed"))} failed`);
          assert.deepEqual([sum("failed"), reports.flatMap(({ errors }) => errors)], [0, []]);
          assert.ok(sum("requests") > 0);
        });

        await t.test("an edit of docs alone builds nothing", async (t) => {
          const image = await deployed(one.project);
          writeFileSync(join(one.project.cwd, "docs/new.md"), "# New\n");
          const began = performance.now();
          const pushed = await one.push();
          good(pushed);
          t.diagnostic(`push to comment ${((performance.now() - began) / 1000).toFixed(1)} s`);
          assert.equal(await deployed(one.project), image);
          assert.deepEqual(
            ["ping-build", "ping-deployment"].map((each) => seconds(pushed.stderr, each)),
            [0, 0],
          );
        });

        await t.test("a host outside of the domain is refused, and the request shows it", async () => {
          edit(one.project.cwd, template, `{stack}.${domain}`, "{stack}.example.com");
          const { status, stdout, stderr } = await one.push();
          assert.equal(status, 1);
          assert.match(stdout + stderr, /pull requests take hosts below the previews' domain alone/);
          assert.match(comment(one)[0] ?? "", /^\*\*The release to the environment `pr-4301` failed\*\*/);
          assert.deepEqual(deployments(one)[0], ["failure"]);
          await answers(one, again);
        });

        await t.test("a closed one is gone with all that it made", async () => {
          await one.close();
          await assertGone(one.project);
          assert.deepEqual(comment(one), ["The environment `pr-4301` is gone, with all that it deployed."]);
          assert.deepEqual(new Set(deployments(one).map(([state]) => state)), new Set(["failure", "inactive"]));
          await eventually("the end of its URL", async () => ((await answer(one)).endsWith(" 404") ? true : undefined));
        });

        await t.test("what nobody closed is swept, and nothing of its state is run", async () => {
          const sweep = async (...args: string[]) => {
            const withoutPassphrase = { ...github.environment, PULUMI_CONFIG_PASSPHRASE: undefined };
            const swept = await script(one.project, "sweep", [...inSandbox, ...args], withoutPassphrase);
            assert.equal(swept.status, 0, swept.stderr);
            return swept.stdout;
          };
          const { cwd, namespace } = one.project;
          const only = ["--number", one.number];
          const gone = "The environment `pr-4301` is gone, with all that it deployed.";
          await one.project.pulumi("stack", "init", "--no-select");
          writeFileSync(join(cwd, "state.json"), JSON.stringify(hostileState(one.stack)));
          await one.project.pulumi("stack", "import", "--file", "state.json");
          await succeed(["kubectl", "create", "namespace", namespace], { env });
          github.pulls.push(...numbers.map((number) => pullRequest(Number(number))));
          assert.deepEqual([await sweep(), await sweep(...only)], ["[]\n", `${one.stack} isn't left over\n`]);

          // The state is from the 1st of January, and the other request's from now.
          const idle = ["--idle-days", "14"];
          assert.deepEqual(
            [await sweep(...idle), await sweep(...only, ...idle)],
            [`[${one.number}]\n`, `${one.stack} is removed\n`],
          );
          await assertGone(one.project);
          const [first, , comesBack] = comment(one);
          assert.deepEqual(first, gone);
          assert.match(
            comesBack ?? "",
            /^It got no commit for 14 days\. Push one, or close and reopen this pull request/,
          );

          await succeed(["kubectl", "create", "namespace", namespace], { env });
          github.pulls.shift();
          assert.deepEqual([await sweep(), await sweep(...only)], [`[${one.number}]\n`, `${one.stack} is removed\n`]);
          assert.equal(await sweep(), "[]\n");
          await assertGone(one.project);
          assert.deepEqual(comment(one), [gone]);
        });

        await t.test("the other one is as it was", async () => {
          assert.deepEqual(deployments(two), [["success", two.url]]);
          await answers(two, "1");
        });
      } finally {
        await Promise.all(requests.map((request) => request.close()));
        await succeed(["kubectl", "delete", "--ignore-not-found", "--filename", policies], { env });
      }
    });
  },
);
