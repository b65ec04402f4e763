import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { formatRelease, lastGoodTag } from "../../delivery/release";
import type { Quota } from "../../infra/config";
import { hardLimits } from "../../infra/service";
import { checkout } from "../sandbox/ground/paths";
import { eventually } from "../support/eventually";
import { execute, type Execution, succeed } from "../support/execute";
import { type Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";

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
      [process.execPath, "--require", "./loader", "delivery/cli/drift-preview.ts", ...stack],
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

/** The group of the Gateway API's experiments, whose kinds no other suite has in the cluster. */
const experiments = "gateway.networking.x-k8s.io";

const routeDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `httproutes.${experiments}` },
  spec: {
    group: experiments,
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

/**
 * The page's roles and policies as an admin writes them for a service with the name `room`, apart from the group of HTTPRoutes.
 * Other suites have environments of pull requests of their own, which these policies don't see.
 */
function policiesOfRoom(domain: string): string {
  return readFileSync(join(checkout, "docs/pull-request-namespaces.yaml"), "utf8")
    .replaceAll("ping-pr-", "room-pr-")
    .replaceAll("ping-pull-requests", "room-pull-requests")
    .replaceAll("apiGroups: [gateway.networking.k8s.io", `apiGroups: [${experiments}`)
    .replace(`expression: "''"`, `expression: "'${domain}'"`);
}

const metadata = { name: "ping" };
const service = (spec: object, annotations = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...metadata, annotations },
  spec: { ports: [{ port: 80 }], ...spec },
});
const backend = { service: { name: "ping", port: { number: 80 } } };
const rule = (host: string | undefined) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } });
const ingress = (spec: object, annotations = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { ...metadata, annotations },
  spec,
});
const route = (spec: object, annotations = {}) => ({
  apiVersion: `${experiments}/v1`,
  kind: "HTTPRoute",
  metadata: { ...metadata, annotations },
  spec: { parentRefs: [{ name: "public", namespace: "gateways" }], ...spec },
});

test("the role of pull requests stays in its namespaces, restricted and bounded ones, and takes no other service's host", async (t) => {
  const env = await sandboxEnvironment();
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  const own = "room-pr-90210";
  const file = (content: string | object) => {
    const path = join(directory, "manifest");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return ["--filename", path];
  };
  const kubectl = (...args: string[]) => succeed(["kubectl", ...args], { env });
  t.after(async () => {
    await kubectl("delete", "namespace", own, "--ignore-not-found");
    await kubectl("delete", "--ignore-not-found", ...file(routeDefinition));
    await kubectl("delete", "--ignore-not-found", ...file(policiesOfRoom("")));
    rmSync(directory, { recursive: true });
  });
  await kubectl("apply", ...file(routeDefinition));
  await kubectl("wait", "--for=condition=Established", `crd/httproutes.${experiments}`);
  await kubectl("apply", ...file(policiesOfRoom("")));

  const asRole = async (...args: string[]) =>
    (await execute(["kubectl", ...args, "--as=job", "--as-group=room-pull-requests"], { env })).stderr;
  const tries = (...args: string[]) => asRole(...args, "--dry-run=server");
  const profile = { "pod-security.kubernetes.io/enforce": "restricted" };
  const labels = { ...profile, quota: "required" };
  const namespace = (name: string, given: Readonly<Record<string, string>> = labels) =>
    file({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: given } });
  const foreign = /pull requests have the namespaces room-pr-\*/;

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
      [{ ...labels, "gateway-access": "true" }, /give their namespaces no labels but those of the program/],
    ];
    const relabels = (given: Readonly<Record<string, string>>) => {
      const removed = Object.fromEntries(Object.keys(labels).map((name) => [name, null]));
      return tries(
        "patch",
        "namespace",
        own,
        "--patch",
        JSON.stringify({ metadata: { labels: { ...removed, ...given } } }),
      );
    };
    for (const [given, refusal] of refusals) {
      assert.match(await tries("create", ...namespace("room-pr-1", given)), refusal);
      assert.match(await relabels(given), refusal);
    }
    assert.equal(await tries("create", ...namespace("room-pr-1", { ...labels, [version]: "latest" })), "");
    await kubectl("label", "namespace", own, "of-an-admin=true");
    assert.equal(await relabels({ ...labels, [version]: "latest" }), "");
    assert.match(await tries("delete", "namespace", "kube-node-lease"), foreign);
    assert.match(await tries("delete", "pods", "--all"), /forbidden/);
    assert.match(await tries("create", "quota", "quota", "--namespace=default"), foreign);
    assert.match(await tries("create", "--namespace=default", ...file(route({}))), foreign);
  });

  // As EKS gives it to the role in the namespaces of pull requests.
  await kubectl(
    "--namespace",
    own,
    "create",
    "rolebinding",
    "edit",
    "--clusterrole=edit",
    "--group=room-pull-requests",
  );
  const create = (object: object, attempt = tries) => attempt("--namespace", own, "create", ...file(object));
  const patch = (kind: string, name: string, given: object, ...options: string[]) =>
    tries("--namespace", own, "patch", kind, name, "--type=merge", "--patch", JSON.stringify(given), ...options);

  await t.test("no right leads around the policies", async () => {
    for (const [verb, resource, subresource = ""] of [
      ["delete", "resourcequotas"],
      ["patch", "resourcequotas", "status"],
      ["create", "endpoints"],
      ["create", "endpointslices.discovery.k8s.io"],
      ["patch", "services", "status"],
      ["patch", "ingresses.networking.k8s.io", "status"],
      ["patch", `httproutes.${experiments}`, "status"],
      ["create", "rolebindings.rbac.authorization.k8s.io"],
      ["patch", "pods", "resize"],
    ] as const) {
      const part = `--subresource=${subresource}`;
      const args = ["--as=job", "--as-group=room-pull-requests", "--namespace", own];
      const { stdout } = await execute(["kubectl", "auth", "can-i", verb, resource, part, ...args], { env });
      assert.equal(stdout, "no\n", `${verb} ${resource} ${subresource}`);
    }
  });

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
    const pod = (name: string, more = {}) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { ...spec, ...more },
    });
    const quota = (hard: Readonly<Record<string, string>>, more = {}) => ({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "quota" },
      spec: { hard, ...more },
    });
    const template = load(readFileSync(join(checkout, "Pulumi.pr.yaml"), "utf8")) as Template;
    const hard = hardLimits(template.config["ping:quota"]);
    const becomes = (what: string, reason: RegExp, attempt = tries, ...others: Parameters<typeof pod>) =>
      eventually(what, async () => (reason.test(await create(pod(...others), attempt)) ? true : undefined));
    await becomes("the refusal without a quota", /no params found/, tries, "first");

    const tooMuch = /allows more than docs\/pull-request-namespaces\.yaml/;
    const objects = /has objects, which is at most the number in docs/;
    const { "count/secrets": _, ...uncounted } = hard;
    const looser: [Record<string, string>, RegExp][] = [
      [{ ...hard, pods: "9" }, tooMuch],
      [{ ...hard, "limits.memory": "1Ti" }, tooMuch],
      [{ pods: "1" }, tooMuch],
      [{ ...hard, "count/secrets": "101" }, objects],
      [uncounted, objects],
    ];
    for (const [given, refusal] of looser) {
      assert.match(await create(quota(given)), refusal);
    }
    // One with a scope would bound some pods and not the others.
    assert.match(await create(quota(hard, { scopes: ["NotTerminating"] })), /unsupported scope applied to resource/);
    assert.equal(await create(quota({ ...hard, pods: "1", "count/configmaps": "2" }), asRole), "");
    assert.match(await patch("resourcequota", "quota", { spec: { hard: { pods: "9" } } }), tooMuch);
    assert.match(await patch("resourcequota", "quota", { spec: { hard: { "count/secrets": null } } }), objects);
    assert.equal(await patch("resourcequota", "quota", { spec: { hard } }), "");

    await becomes("a pod", /^$/, asRole, "first");
    assert.match(await create(pod("second")), /exceeded quota: quota, requested: .*pods=1/);
    assert.match(
      await create(pod("second", { priorityClassName: "system-cluster-critical" })),
      /pods of pull requests have no priority over others/,
    );
    const map = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    // The first is the cluster's own certificate, which each namespace has.
    assert.equal(await create(map("second"), asRole), "");
    assert.match(await create(map("third")), /exceeded quota: quota, requested: count\/configmaps=1/);
  });

  await t.test("hosts, Services and volumes", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Ti" } } },
    };
    const internal = /Services of pull requests have the type ClusterIP and no external IPs/;
    const annotated = /have no annotations of their controllers/;
    const dns = { "external-dns.alpha.kubernetes.io/hostname": "ping.example.com" };
    const refused = async (objects: readonly object[], refusal: RegExp) => {
      const said = (await create({ apiVersion: "v1", kind: "List", items: objects })).trim().split("\n");
      assert.equal(said.filter((line) => refusal.test(line)).length, objects.length, said.join("\n"));
    };
    const open = [
      { type: "NodePort" },
      { type: "LoadBalancer" },
      { type: "ExternalName", externalName: "ping.ping-staging" },
      { externalIPs: ["192.0.2.1"] },
    ];
    assert.equal(await create(service({}, { "pulumi.com/skipAwait": "true" }), asRole), "");
    await refused(
      open.map((spec) => service(spec)),
      internal,
    );
    for (const spec of open) {
      assert.match(await patch("service", "ping", { spec }), internal);
    }
    assert.match(await create(claim), /pull requests make no volumes/);

    const preview = "pr-90210.preview.example.com";
    const below = /pull requests take hosts below the previews' domain alone/;
    assert.match(await create(ingress({ rules: [rule(preview)] })), below);
    assert.match(await create(route({ hostnames: [preview] })), below);

    await kubectl("apply", ...file(policiesOfRoom("preview.example.com")));
    await eventually("the previews' domain", async () =>
      (await create(route({ hostnames: [preview] }), asRole)) === "" ? true : undefined,
    );
    const rules = [rule(preview)];
    assert.equal(await create(ingress({ rules, tls: [{ hosts: [preview] }] }, { "pulumi.com/a": "b" }), asRole), "");
    for (const host of [`ping-${preview}`, `ping.${preview}`, "pr-90210-ping.preview.example.com"]) {
      assert.equal(await patch("httproute", "ping", { spec: { hostnames: [preview, host] } }), "");
    }
    const wrong = [
      "ping.example.com",
      "notpreview.example.com",
      `${preview}.example.com`,
      "*.preview.example.com",
      `*.${preview}`,
    ];
    await refused(
      [...wrong.map((host) => route({ hostnames: [preview, host] })), route({}), route({ hostnames: [] })],
      below,
    );
    await refused(
      [...wrong, undefined].map((host) => ingress({ rules: [...rules, rule(host)] })),
      below,
    );
    assert.match(await patch("httproute", "ping", { spec: { hostnames: [preview, "ping.example.com"] } }), below);
    assert.match(await patch("ingress", "ping", { spec: { rules: [...rules, rule("ping.example.com")] } }), below);
    const others = ["pr-9021.preview.example.com", "pr-902100.preview.example.com"];
    await refused(
      others.flatMap((host) => [route({ hostnames: [preview, host] }), ingress({ rules: [...rules, rule(host)] })]),
      /a host of a pull request has the name of its stack/,
    );
    assert.match(await patch("httproute", "ping", { spec: { hostnames: null } }), below);
    assert.match(await create(ingress({ defaultBackend: backend })), below);
    const published = [service({}, dns), route({ hostnames: [preview] }, dns), ingress({ rules }, dns)];
    await refused(published, annotated);
    for (const object of published) {
      assert.match(await patch(object.kind, "ping", { metadata: { annotations: dns } }), annotated);
    }
    const guests = [
      { defaultBackend: backend },
      { tls: [{ hosts: [preview, "ping.example.com"] }] },
      { tls: [{ hosts: [preview], secretName: "own" }] },
    ];
    await refused(
      guests.map((spec) => ingress({ rules, ...spec })),
      /no default backend, no certificate of its own, and in tls no host but its rules'/,
    );
    const detours = [
      { parentRefs: [{ kind: "Service", group: "", name: "ping", namespace: "ping-staging" }] },
      { rules: [{ backendRefs: [{ name: "ping", namespace: "ping-staging" }] }] },
      { rules: [{ backendRefs: [{ group: "traefik.io", kind: "TraefikService", name: "api@internal" }] }] },
      { rules: [{ filters: [{ type: "RequestMirror" }] }] },
    ];
    await refused(
      detours.map((spec) => route({ hostnames: [preview], ...spec })),
      /leads from Gateways to Services of its own namespace, without filters/,
    );
  });
});
