import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { secondNode } from "../sandbox/network/cluster-node";
import { inNode } from "../sandbox/standalone/machine";
import { missingModules } from "../sandbox/standalone/node/network-policies";
import { eventually } from "../support/eventually";
import { execute, succeed } from "../support/execute";
import { type Outputs, type Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { ends, podAddresses, refused } from "./connections";
import { assertNoneFailed, underLoad } from "./load/under-load";
import { needs } from "./needs";
import { withSecondNode } from "./second-node";
import { certificateSecret, type Entrance, failedRequests, namespace, withTraefik } from "./traefik";

const host = "ping.example.com";
const exposeBy = (name: string) => ({ expose: { host, gateway: { name, namespace } } });
const ingress = { class: "traefik", tlsSecret: "certificate" };

/** The HTTP version, the status and the body of a GET from outside of the cluster. */
async function answerAt(url: string, { curl }: Entrance): Promise<string> {
  const { stdout } = await execute(inNode([...curl, "--write-out", "\n%{http_version} %{http_code}", url]));
  const [body = "", versionAndStatus = ""] = stdout.split("\n");
  return `${versionAndStatus} ${body}`;
}

/** Waits for the service's answer: a controller learns of a route a moment after it is there. */
const answers = (url: string, entrance: Entrance) =>
  eventually("the answer from outside", async () =>
    (await answerAt(url, entrance)) === "2 200 Hello, Docker! <3" ? true : undefined,
  );

interface Exposed extends Outputs {
  readonly internalUrl: string;
}

async function deploy(project: Project): Promise<Pick<Exposed, "url" | "internalUrl" | "service">> {
  const { url, internalUrl, service } = (await project.up()) as Exposed;
  return { url, internalUrl, service };
}

const urls = {
  url: `https://${host}`,
  internalUrl: "http://ping.ping-e2e-expose.svc.cluster.local",
  service: "ping",
};

/** Asserts that a preview fails with this message, before it plans anything. */
async function assertRefused(project: Project, message: string): Promise<void> {
  const output = await project.fails("preview");
  assert.ok(output.includes(message), output);
  assert.doesNotMatch(output, /ping-build/);
}

test(
  "a service is exposed outside of the cluster, with TLS",
  { skip: needs("standalone", "it needs a second node") },
  async (t) => {
    const env = await sandboxEnvironment();
    await t.test("a cluster without the Gateway API is refused early", () =>
      withProject("e2e-expose", env, exposeBy("public"), (project) =>
        assertRefused(
          project,
          "the cluster has no Gateway public in the namespace traefik: it doesn't know Gateways (gateway.networking.k8s.io/v1).",
        ),
      ),
    );

    await withTraefik(env, host, (entrance) =>
      withSecondNode(env, () =>
        withProject("e2e-expose", env, exposeBy("public"), async (project) => {
          await t.test("a Gateway leads to it by an HTTPRoute, with HTTP/2, and up waits for that", async () => {
            assert.deepEqual(await deploy(project), urls);
            await answers(urls.url, entrance);
            await project.pulumi("preview", "--expect-no-changes");
          });

          await t.test("no request is lost during five rolling updates and a node's drain", async (t) => {
            const outcome = await underLoad(
              project,
              urls.service,
              async () => {
                for (const REVISION of ["1", "2", "3", "4", "5"]) {
                  project.configure({ ...exposeBy("public"), env: { REVISION } });
                  await project.up();
                }
                await project.kubectl("drain", secondNode.name, "--delete-emptydir-data", "--timeout=180s");
                await project.kubectl("rollout", "status", `deployment/${urls.service}`, "--timeout=180s");
                await project.kubectl("uncordon", secondNode.name);
              },
              entrance.target,
            );
            t.diagnostic(`through Traefik: ${outcome.summary}`);
            if (outcome.failed > 0) {
              t.diagnostic(await failedRequests(env));
            }
            assertNoneFailed(outcome);
          });

          const missing = missingModules();
          const skip =
            missing.length > 0 && `the kernel can't enforce network policies: it lacks ${missing.join(", ")}`;
          await t.test("nobody but the Gateway's namespace reaches the pods", { skip }, async () => {
            await withProject("e2e-expose-other", env, { egress: [{ cidr: "10.0.0.0/8" }] }, async (other) => {
              await other.up();
              const [[from = ""], [to = ""]] = await Promise.all([podAddresses(other), podAddresses(project)]);
              await ends("the refusal of the way from another namespace", refused, from, to, 8080);
            });
            await answers(urls.url, entrance);
          });

          await t.test("a Gateway that doesn't take the route fails up with the condition and its reason", async () => {
            project.configure({ ...exposeBy("closed"), progressDeadline: 20 });
            assert.match(
              await project.fails(...up),
              /the HTTPRoute ping in ping-e2e-expose isn't accepted after 40 s: its condition Accepted is False, NotAllowedByListeners: /,
            );
          });

          await t.test(
            "a Gateway or a class that isn't there is refused early, with the names of those that are",
            async () => {
              project.configure(exposeBy("other"));
              await assertRefused(
                project,
                "the cluster has no Gateway other in the namespace traefik; it has closed, public. Make it,",
              );
              project.configure({ expose: { host, ingress: { class: "other" } } });
              await assertRefused(project, "the cluster has no IngressClass other; it has traefik. Make it,");
            },
          );

          await t.test("an Ingress takes the HTTPRoute's place, with a certificate of its own", async () => {
            const file = join(project.cwd, "certificate.json");
            writeFileSync(file, JSON.stringify(certificateSecret("certificate", project.namespace, host)));
            await succeed(["kubectl", "apply", "--server-side", `--filename=${file}`], { env });
            project.configure({ expose: { host, ingress } });
            assert.deepEqual(await deploy(project), urls);
            assert.equal(await project.kubectl("get", "httproutes", "--output=name"), "");
            await answers(urls.url, entrance);
            await project.pulumi("preview", "--expect-no-changes");
          });

          await t.test("without expose, nothing of it stays", async () => {
            project.configure({});
            const { url } = await project.up();
            assert.equal(url, urls.internalUrl);
            assert.equal(await project.kubectl("get", "ingresses,httproutes", "--output=name"), "");
          });
        }),
      ),
    );
  },
);
