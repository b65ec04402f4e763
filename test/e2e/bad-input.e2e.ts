import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import * as tar from "tar-stream";
import { Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { type Descriptor, RegistryFiles } from "./registries/registry-files";

/** What is wrong → the stack's configuration, and what the error must say. */
const cases: Readonly<Record<string, { config: Readonly<Record<string, unknown>>; says: RegExp[] }>> = {
  "an unknown key": { config: { helthPath: "/health" }, says: [/ping:helthPath/, /did you mean ping:healthPath/] },
  "a wrong type": { config: { replicas: "three" }, says: [/ping:replicas/, /three/] },
  "an unknown platform": { config: { platforms: ["linux/arm65"] }, says: [/linux\/arm65/, /linux\/arm64/] },
  "a port out of range": { config: { port: 70000 }, says: [/ping:port/, /70000/, /65535/] },
  "an app directory without a Dockerfile": { config: { app: "./docs-none" }, says: [/ping:app/, /docs-none/] },
  "a context that doesn't exist": { config: { cluster: { context: "nowhere" } }, says: [/nowhere/, /sandbox/] },
  "a registry's port that can't be": {
    config: { registry: { url: "h:99999/x" } },
    says: [/ping:registry\.url/, /h:99999\/x/],
  },
  "a start deadline beyond the progress deadline": {
    config: { startDeadline: 200 },
    says: [/ping:startDeadline must be below progressDeadline, 120/],
  },
  "a registry that is down": {
    config: { registry: { url: "localhost:15999/ping" } },
    says: [/localhost:15999/, /ECONNREFUSED/],
  },
  "a base image that can't be looked up": {
    config: { bases: { "golang:1.26": "localhost:15999/golang" } },
    says: [/golang:1\.26 of app\/Dockerfile/, /localhost:15999/, /ECONNREFUSED/],
  },
  "a base that the Dockerfile doesn't start from": {
    config: { bases: { "golang:1.25": "localhost:15000/library/golang" } },
    says: [/golang:1\.25/, /app\/Dockerfile starts from golang:1\.26/],
  },
  "a builder that doesn't exist": { config: { builder: "nobody" }, says: [/nobody/] },
  "a tag where a digest is required": {
    config: { image: "localhost:15000/ping:latest" },
    says: [/ping:image/, /sha256/],
  },
};

/** What the user of the kubeconfig's context logs in with, undefined where the context has no user → what the error must say. */
const logins: Readonly<Record<string, { user: object | undefined; says: RegExp }>> = {
  "no user": { user: undefined, says: /context names no user, or one without a login/ },
  "a user without a login": { user: {}, says: /context names no user, or one without a login/ },
  "a wrong or expired token": { user: { token: "expired" }, says: /doesn't accept the login .*401 Unauthorized/ },
};

interface Kubeconfig {
  readonly contexts: readonly [{ readonly context: { readonly cluster: string; readonly user: string } }];
}

/** Writes the sandbox's kubeconfig with another login of its user, and returns what leads to it. */
function withLogin(project: Project, user: object | undefined): NodeJS.ProcessEnv {
  const given = JSON.parse(readFileSync(project.env["KUBECONFIG"] ?? "", "utf8")) as Kubeconfig;
  const [{ context, ...rest }] = given.contexts;
  const changed =
    user === undefined
      ? { ...given, users: [], contexts: [{ ...rest, context: { cluster: context.cluster } }] }
      : { ...given, users: [{ name: context.user, user }] };
  const file = join(project.cwd, "kubeconfig");
  writeFileSync(file, JSON.stringify(changed));
  return { ...project.env, KUBECONFIG: file };
}

/** What a Dockerfile says instead → what the image of arm64 then starts. */
const binaries: Readonly<Record<string, { replace: readonly [string, string]; starts: string }>> = {
  "that compiles for amd64 alone": {
    replace: ["GOARCH=$TARGETARCH", "GOARCH=amd64"],
    starts: "/ping, which is a binary for linux/amd64",
  },
  "whose TARGETARCH has a default value": {
    replace: ["ARG TARGETOS TARGETARCH", "ARG TARGETOS TARGETARCH=amd64"],
    starts: "/ping, which is a binary for linux/amd64",
  },
};

/** Fails to deploy the stack, and makes sure that nothing of the cluster is there. Returns what Pulumi says. */
async function refused(project: Project): Promise<string> {
  const output = await project.fails(...up);
  const found = await project.kubectl("get", "namespaces", "-o", "name");
  assert.ok(!found.includes(`namespace/${project.namespace}\n`), "the namespace was created");
  return output;
}

/** Deploys the image alone, as the first update of a stack can, and no pod. Returns what it says isn't checked. */
async function deployImage(project: Project): Promise<string[]> {
  const output = await project.pulumi(...up, "--target", "**ServiceImage**");
  return [...new Set(output.match(/runs on .* isn't checked: .*/g))];
}

/** Pushes an index like another one, with a manifest made of the own one for each platform. Returns the digest. */
async function pushLike(files: RegistryFiles, digest: string, other: (own: Descriptor) => Promise<Descriptor>) {
  const index = await files.manifest(digest);
  const manifests = [];
  for (const own of index.manifests ?? []) {
    manifests.push({ ...(await other(own)), platform: own.platform });
  }
  return (await files.pushManifest({ ...index, manifests })).digest;
}

/** A manifest that starts a script, which its last layer has and whose interpreter is the service's own binary. */
async function withScript(files: RegistryFiles, { digest }: Descriptor): Promise<Descriptor> {
  const { config, layers = [], ...manifest } = await files.manifest(digest);
  const pack = tar.pack();
  pack.entry({ name: "start", mode: 0o755 }, "#!/ping\n");
  pack.finalize();
  const layer = await files.pushBlob(await text(pack), "application/vnd.oci.image.layer.v1.tar");
  const own = JSON.parse(await files.blob(config?.digest ?? "")) as { readonly config: object };
  const start = { ...own, config: { ...own.config, Entrypoint: ["/start"], Cmd: [] } };
  return files.pushManifest({
    ...manifest,
    config: await files.pushBlob(JSON.stringify(start), config?.mediaType ?? ""),
    layers: [...layers, layer],
  });
}

test("bad input gets a clear error before anything is built or changed", async (t) => {
  const env = await sandboxEnvironment();
  await withProject("e2e-bad-input", env, {}, async (project) => {
    for (const [what, { config, says }] of Object.entries(cases)) {
      await t.test(`${what} is named, and nothing is created`, async () => {
        project.configure(config);
        const output = await refused(project);
        for (const said of says) {
          assert.match(output, said);
        }
      });
    }
    for (const [what, { user, says }] of Object.entries(logins)) {
      await t.test(`a kubeconfig with ${what} fails the preview, and asks nobody`, { timeout: 60_000 }, async () => {
        project.configure({});
        const { cwd, stack } = project;
        assert.match(await new Project(cwd, stack, withLogin(project, user)).fails("preview"), says);
      });
    }
    await t.test("a stack whose namespace is another stack's is refused, and the other one's stays", async () => {
      project.configure({});
      await project.up();
      const second = new Project(project.cwd, "input", env);
      await second.pulumi("stack", "init", "--no-select");
      try {
        second.configure({ name: "ping-e2e-bad" });
        assert.equal(second.namespace, project.namespace);
        for (const command of [["preview"], up]) {
          const output = await second.fails(...command);
          assert.match(output, /the cluster has a namespace ping-e2e-bad-input already, and this stack didn't make it/);
        }
        await second.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(await project.request("ping", "/health"), '{"Status":"OK"}');
      } finally {
        await second.pulumi("stack", "rm", "--yes", "--force");
      }
    });
    const { image } = await project.outputs();
    await project.pulumi("destroy", "--yes", "--skip-preview");
    await t.test("an image that lacks a platform is refused before anything of the cluster is there", async () => {
      project.configure({ image, platforms: ["linux/amd64", "linux/s390x"] });
      assert.match(await refused(project), /has no manifest for linux\/s390x; it has linux\/amd64, linux\/arm64/);
    });
    const [repository = "", digest = ""] = image.split("@");
    const files = new RegistryFiles(repository);
    await t.test("a given image whose arm64 is amd64's is refused, also as another stack's", async () => {
      const { manifests = [] } = await files.manifest(digest);
      const amd64 = manifests.find(({ platform }) => platform?.architecture === "amd64");
      assert.ok(amd64);
      const wrong = `${repository}@${await pushLike(files, digest, () => Promise.resolve(amd64))}`;
      const says = [
        `${wrong.replace("@", ":pinned@")}, linux/arm64 starts /ping, which is a binary for linux/amd64.`,
        "Choose another image, or take such platforms out of the config key platforms.",
      ];
      const told = (output: string) => says.forEach((said) => assert.ok(output.includes(said), output));
      project.configure({ image: wrong });
      told(await refused(project));
      await withProject("e2e-bad-image", env, { image: wrong, platforms: ["linux/amd64"] }, async (source) => {
        assert.deepEqual(await deployImage(source), []);
        project.configure({ imageFrom: source.stack, registry: null });
        told(await refused(project));
      });
    });
    await t.test("a given image that starts a script passes, and what isn't checked is said once", async () => {
      const script = await pushLike(files, digest, (own) => withScript(files, own));
      project.configure({ image: `${repository}@${script}` });
      assert.deepEqual(await deployImage(project), [
        "runs on linux/amd64 and linux/arm64 isn't checked: /start is a script, which may start anything",
      ]);
      assert.deepEqual(await deployImage(project), []);
      await project.pulumi("destroy", "--yes", "--skip-preview");
    });
    await t.test("a text that YAML changes is told as it was written", async () => {
      project.configure({ env: { CODE: "0123" } });
      const file = join(project.cwd, `Pulumi.${project.stack}.yaml`);
      writeFileSync(file, readFileSync(file, "utf8").replace(/(['"])0123\1/, "0123"));
      assert.match(
        await project.fails("preview"),
        /ping:env\.CODE must be in quotes; it is 0123, which YAML reads as 83/,
      );
    });
    project.configure({});
    const dockerfile = join(project.cwd, "app", "Dockerfile");
    const good = readFileSync(dockerfile, "utf8");
    for (const [what, { replace, starts }] of Object.entries(binaries)) {
      await t.test(
        `a Dockerfile ${what} is refused after the build, before anything of the cluster is there`,
        async () => {
          writeFileSync(dockerfile, good.replace(...replace));
          const output = await refused(project);
          assert.ok(output.includes(`linux/arm64 starts ${starts}`), output);
          assert.match(output, /app\/Dockerfile needs ARG TARGETOS TARGETARCH, without default values/);
        },
      );
    }
    await t.test("an app whose Dockerfile is missing is named", async () => {
      rmSync(join(project.cwd, "app", "Dockerfile"));
      assert.match(await project.fails("preview"), /app\/Dockerfile/);
    });
  });
});
