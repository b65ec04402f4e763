import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { formatRelease, lastGoodTag } from "../../delivery/last-good";
import type { Quota } from "../../infra/config";
import { checkout } from "../sandbox/paths";
import { eventually } from "./eventually";
import { execute, type Execution, succeed } from "./execute";
import { type Project, withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

/**
 * Runs a command that can read Pulumi's state and not write it, as a preview role can in its bucket: it sees the state's
 * directory mounted read-only.
 */
function withoutWriting(project: Project, ...argv: string[]): Promise<Execution> {
  const state = new URL(project.env["PULUMI_BACKEND_URL"] ?? "").pathname;
  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  return execute(["unshare", "--mount", "sh", "-c", mount, state, ...argv], project);
}

test("previews and the look for drift don't write Pulumi's state", async () => {
  await withProject("e2e-reader", await sandboxEnvironment(), {}, async (project) => {
    const { image } = await project.up();
    const git = (...args: string[]) =>
      succeed(["git", "-c", "user.name=e2e", "-c", "user.email=e2e@x", ...args], project);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "e2e");
    const commit = (await git("rev-parse", "HEAD")).trim();
    await project.pulumi("stack", "tag", "set", lastGoodTag, formatRelease({ commit, image }));

    const stack = ["--stack", project.stack];
    for (const argv of [
      ["pulumi", "preview", "--json", ...stack],
      ["pulumi", "preview", "--diff", "--policy-pack", "policy", ...stack],
      [process.execPath, "--require", "tsx/cjs", "delivery/cli/drift-preview.ts", ...stack],
    ]) {
      const { status, stdout, stderr } = await withoutWriting(project, ...argv);
      assert.equal(status, 0, `${argv.join(" ")}\n${stdout}${stderr}`);
      // drift-preview.ts passes on what the preview says, also that it failed.
      assert.doesNotMatch(stdout + stderr, /read-only/);
    }
    const { stderr } = await withoutWriting(project, "pulumi", "stack", "tag", "set", "one", "more", ...stack);
    assert.match(stderr, /read-only file system/, "the state could be written");
  });
});

/** What the environments of pull requests are configured with. */
interface Template {
  readonly config: { readonly "ping:quota": Quota };
}

/** A kind of the Gateway API in the group of its experiments, which no other suite uses. */
const routeDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "httproutes.gateway.networking.x-k8s.io" },
  spec: {
    group: "gateway.networking.x-k8s.io",
    names: { kind: "HTTPRoute", plural: "httproutes" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

test("the role of pull requests stays in its namespaces, restricted and bounded ones, and takes no other service's host", async (t) => {
  const env = await sandboxEnvironment();
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  const policies = readFileSync(join(checkout, "docs/pull-request-namespaces.yaml"), "utf8");
  const own = "ping-pr-90210";
  const file = (content: string | object) => {
    const path = join(directory, "manifest");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return ["--filename", path];
  };
  const kubectl = (...args: string[]) => succeed(["kubectl", ...args], { env });
  t.after(async () => {
    await kubectl("delete", "namespace", own, "--ignore-not-found");
    await kubectl("delete", "--ignore-not-found", ...file(routeDefinition));
    await kubectl("delete", "--ignore-not-found", ...file(policies));
    rmSync(directory, { recursive: true });
  });
  await kubectl("apply", ...file(policies));

  const asRole = async (...args: string[]) =>
    (await execute(["kubectl", ...args, "--as=job", "--as-group=ping-pull-requests"], { env })).stderr;
  const tries = (...args: string[]) => asRole(...args, "--dry-run=server");
  const profile = { "pod-security.kubernetes.io/enforce": "restricted" };
  const labels = { ...profile, quota: "required" };
  const namespace = (name: string, given: Readonly<Record<string, string>> = labels) =>
    file({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: given } });
  const foreign = /pull requests have the namespaces ping-pr-\*/;

  await t.test("namespaces", async () => {
    // The API server takes a moment to learn of a new role and a new policy.
    await eventually("the refusal of another namespace", async () =>
      foreign.test(await tries("create", ...namespace("ping-e2e-other"))) ? true : undefined,
    );
    assert.equal(await asRole("create", ...namespace(own)), "");
    const version = "pod-security.kubernetes.io/enforce-version";
    const restricted = /enforce the restricted Pod Security profile/;
    const refusals: [Record<string, string>, RegExp][] = [
      [{ quota: "required" }, restricted],
      [{ ...labels, "pod-security.kubernetes.io/enforce": "privileged" }, restricted],
      [{ ...labels, [version]: "v1.7" }, /enforce the latest version of the Pod Security profile/],
      [profile, /have the label quota=required/],
    ];
    for (const [given, refusal] of refusals) {
      assert.match(await tries("create", ...namespace("ping-pr-1", given)), refusal);
      const metadata = { labels: { ...Object.fromEntries(Object.keys(labels).map((name) => [name, null])), ...given } };
      assert.match(await tries("patch", "namespace", own, "--patch", JSON.stringify({ metadata })), refusal);
    }
    assert.equal(await tries("create", ...namespace("ping-pr-1", { ...labels, [version]: "latest" })), "");
    assert.match(await tries("delete", "namespace", "kube-node-lease"), foreign);
    assert.match(await tries("delete", "pods", "--all"), /forbidden/);
    assert.match(await tries("create", "quota", "quota", "--namespace=default"), foreign);
  });

  // As EKS gives it to the role in the namespaces ping-pr-*.
  await kubectl(
    "--namespace",
    own,
    "create",
    "rolebinding",
    "edit",
    "--clusterrole=edit",
    "--group=ping-pull-requests",
  );
  const create = (object: object, attempt = tries) => attempt("--namespace", own, "create", ...file(object));

  await t.test("pods", async () => {
    const quantities = { cpu: "1", memory: "64Mi", "ephemeral-storage": "128Mi" };
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    };
    const container = { name: "ping", image: "ping", resources: { limits: quantities }, securityContext };
    // No scheduler has that name, so nothing runs.
    const spec = { schedulerName: "none", containers: [container] };
    const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
    const quota = (pods: string, others: Readonly<Record<string, string>>) => ({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "quota" },
      spec: { hard: { pods, ...others } },
    });
    const template = load(readFileSync(join(checkout, "Pulumi.pr.yaml"), "utf8")) as Template;
    const { pods, cpu, memory, "ephemeral-storage": storage } = template.config["ping:quota"];
    const limits = { "limits.cpu": cpu, "limits.memory": memory, "limits.ephemeral-storage": storage };
    const replace = async (made: object) => {
      await asRole("--namespace", own, "delete", "resourcequota", "quota", "--ignore-not-found");
      assert.equal(await create(made, asRole), "");
    };
    const refused = (refusal: RegExp) =>
      eventually(`the refusal ${refusal.source}`, async () =>
        refusal.test(await create(pod("first"))) ? true : undefined,
      );
    await refused(/no params found/);
    const tooMuch = /isn't in force, or allows more than docs/;
    for (const made of [quota("9", limits), quota("1", {}), quota("1", { ...limits, "limits.memory": "1Ti" })]) {
      await replace(made);
      await refused(tooMuch);
    }
    const admitted = (attempt: typeof tries) =>
      eventually("a pod", async () => ((await create(pod("first"), attempt)) === "" ? true : undefined));
    await replace(quota(String(pods), limits));
    await admitted(tries);
    await replace(quota("1", limits));
    await admitted(asRole);
    assert.match(await create(pod("second")), /exceeded quota: quota, requested: .*pods=1/);
  });

  await t.test("hosts, Services and volumes", async () => {
    await kubectl("apply", ...file(routeDefinition));
    await kubectl("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.x-k8s.io");
    await kubectl(
      ...[
        "--namespace",
        own,
        "create",
        "role",
        "routes",
        "--verb=create",
        "--resource=httproutes.gateway.networking.x-k8s.io",
      ],
    );
    await kubectl("--namespace", own, "create", "rolebinding", "routes", "--role=routes", "--group=ping-pull-requests");
    const metadata = { name: "ping" };
    const service = (spec: object) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const backend = { service: { name: "ping", port: { number: 80 } } };
    const rule = (host: string | undefined) => ({
      host,
      http: { paths: [{ path: "/", pathType: "Prefix", backend }] },
    });
    const ingress = (spec: object, annotations = {}) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { ...metadata, annotations },
      spec,
    });
    const route = (spec: object) => ({
      apiVersion: "gateway.networking.x-k8s.io/v1",
      kind: "HTTPRoute",
      metadata,
      spec,
    });
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Ti" } } },
    };
    const internal = /Services of pull requests have the type ClusterIP and no external IPs/;
    for (const type of ["NodePort", "LoadBalancer"]) {
      assert.match(await create(service({ type })), internal);
    }
    assert.match(await create(service({ type: "ExternalName", externalName: "ping.ping-staging" })), internal);
    assert.match(await create(service({ externalIPs: ["192.0.2.1"] })), internal);
    assert.equal(await create(service({})), "");
    assert.match(await create(claim), /pull requests make no volumes/);

    const preview = "pr-90210.preview.example.com";
    const below = /pull requests take hosts below the previews' domain alone/;
    assert.match(await create(ingress({ rules: [rule(preview)] })), below);
    assert.match(await create(route({ hostnames: [preview] })), below);

    await kubectl("apply", ...file(policies.replace(`expression: "''"`, `expression: "'preview.example.com'"`)));
    await eventually("the previews' domain", async () =>
      (await create(route({ hostnames: [preview] }))) === "" ? true : undefined,
    );
    for (const hostnames of [[preview, "ping.example.com"], ["notpreview.example.com"], []]) {
      assert.match(await create(route({ hostnames })), below);
    }
    assert.match(await create(route({})), below);
    const tls = (host: string) => [{ hosts: [host], secretName: "tls" }];
    assert.equal(
      await create(ingress({ rules: [rule(preview)], tls: tls(preview) }, { "pulumi.com/skipAwait": "true" })),
      "",
    );
    for (const spec of [
      { rules: [rule(preview), rule("ping.example.com")] },
      { rules: [rule(undefined)] },
      { rules: [rule(preview)], tls: tls("ping.example.com") },
      { defaultBackend: backend },
    ]) {
      assert.match(await create(ingress(spec)), below);
    }
    const others = /no default backend and no annotations of its controller/;
    assert.match(await create(ingress({ rules: [rule(preview)], defaultBackend: backend })), others);
    const alias = { "nginx.ingress.kubernetes.io/server-alias": "ping.example.com" };
    assert.match(await create(ingress({ rules: [rule(preview)] }, alias)), others);
  });
});
