import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { edit } from "../support/edit";
import { execute, succeed } from "../support/execute";
import { isReady } from "../support/pod";
import { copyCheckout, Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";

/** Platform → `e_machine` of its ELF binaries (elf(5)). */
const machines = { "linux/amd64": 62, "linux/arm64": 183 };

/** The ELF machine of the file that an image of the index starts. */
async function elfMachine(image: string, platform: string, project: Project): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-image-"));
  try {
    const config = JSON.parse(await succeed(["crane", "config", "--platform", platform, image], project)) as {
      config: { Entrypoint: [string] };
    };
    const tar = join(directory, "image.tar");
    await succeed(["crane", "export", "--platform", platform, image, tar], project);
    const entrypoint = config.config.Entrypoint[0];
    await succeed(["tar", "-xf", tar, "-C", directory, entrypoint.replace(/^\//, "")]);
    const binary = readFileSync(join(directory, entrypoint));
    assert.equal(binary.subarray(0, 4).toString("latin1"), "\x7fELF");
    return binary.readUInt16LE(18);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The images of the pods that are ready and not on their way out. */
const servingImages = async (project: Project) =>
  (await project.pods()).filter(isReady).flatMap(({ spec }) => spec.containers.map(({ image }) => image));

test("a service goes from source to a cluster, is updated, repaired and removed", async (t) => {
  const env = await sandboxEnvironment();
  await withProject("e2e-deploy", env, {}, async (project) => {
    const { image, platforms, service } = await project.up();

    await t.test("the first up serves every path of the behaviour table through the Service", async () => {
      assert.equal(await project.request(service, "/health"), '{"Status":"OK"}');
      assert.equal(await project.request(service, "/"), "Hello, Docker! <3");
      assert.deepEqual(JSON.parse(await project.request(service, "/ping")), { message: "pong" });
    });

    await t.test("every pod runs the digest that the stack outputs", async () => {
      assert.match(image, /^localhost:15000\/e2e-[\w-]+\/ping@sha256:[0-9a-f]{64}$/);
      assert.deepEqual(await servingImages(project), [image, image]);
    });

    await t.test("the pushed index holds a binary of the right machine for each platform", async () => {
      assert.deepEqual(Object.keys(platforms).sort(), Object.keys(machines));
      for (const [platform, machine] of Object.entries(machines)) {
        assert.equal(await elfMachine(image, platform, project), machine, platform);
      }
    });

    await t.test("a second preview has no changes", async () => {
      await project.pulumi("preview", "--expect-no-changes");
    });

    for (const umask of [0o002, 0o022]) {
      await t.test(
        `a preview from another checkout under umask ${umask.toString(8).padStart(3, "0")} has none either`,
        async () => {
          const directory = await copyCheckout(umask);
          try {
            const other = new Project(directory, project.stack, env);
            other.configure({});
            const preview = ["pulumi", "preview", "--expect-no-changes", "--diff", "--stack", other.stack];
            await succeed(["sh", "-c", `umask ${umask.toString(8)} && exec "$@"`, "sh", ...preview], other);
          } finally {
            rmSync(directory, { recursive: true, force: true });
          }
        },
      );
    }

    await t.test("an edit of the Go code is previewed, and rolls out another digest", async () => {
      edit(project.cwd, "app/routes.go", /Hello, Docker!/g, "Hello, edited Docker!");
      const preview = await project.tryPulumi("preview", "--expect-no-changes", "--diff");
      assert.notEqual(preview.status, 0);
      assert.match(preview.stdout, /contextHash|tags/);
      const edited = await project.up();
      assert.notEqual(edited.image, image);
      assert.deepEqual(await servingImages(project), [edited.image, edited.image]);
      await project.answers(service, "/", "Hello, edited Docker! <3");
    });

    await t.test("a Dockerfile that doesn't build fails the preview, not the cluster", async () => {
      const dockerfile = join(project.cwd, "app", "Dockerfile");
      const before = readFileSync(dockerfile, "utf8");
      writeFileSync(dockerfile, `${before}\nCOPY nowhere /nowhere\n`);
      const output = await project.fails("preview").finally(() => writeFileSync(dockerfile, before));
      assert.match(output, /nowhere/);
    });

    await t.test("a compiler's error is among the diagnostics, also without a terminal", async () => {
      const broken = join(project.cwd, "app", "broken.go");
      writeFileSync(broken, 'package main\n\nvar broken int = "text"\n');
      const output = await project.fails("preview").finally(() => rmSync(broken));
      const diagnostics = output.slice(output.indexOf("Diagnostics:"));
      assert.match(
        diagnostics,
        /the build failed at\n.+RUN .+go build.+\n +# ping\n +\.\/broken\.go:3:\d+: cannot use "text"/,
      );
    });

    await t.test("a single platform is pushed as an index too, and deployed", async () => {
      project.configure({ platforms: ["linux/amd64"] });
      const single = await project.up();
      assert.deepEqual(Object.keys(single.platforms), ["linux/amd64"]);
      assert.deepEqual(await servingImages(project), [single.image, single.image]);
      await project.pulumi("preview", "--expect-no-changes");
    });

    await t.test("a given image that is a manifest, and no index, is refused, and nothing changes", async () => {
      const before = await servingImages(project);
      const { image: index, platforms } = await project.outputs();
      const given = `${index.split("@")[0]}@${platforms["linux/amd64"]}`;
      project.configure({ image: given, platforms: ["linux/amd64"] });
      const output = await project.fails(...up).finally(() => project.configure({}));
      assert.match(output, /is a manifest for one platform, and an index is needed, also for a single platform/);
      assert.deepEqual(await servingImages(project), before);
      await project.up();
    });

    await t.test("after an update that was interrupted during the rollout, the old config rolls it back", async () => {
      const path = ["--output", "jsonpath={.spec.template.spec.containers[0].readinessProbe.httpGet.path}"];
      const probed = () => project.kubectl("get", "deployment", service, ...path);
      project.configure({ healthPath: "/nowhere" });
      const interrupt = new AbortController();
      const { status } = await execute(["pulumi", ...up, "--stack", project.stack], {
        ...{ cwd: project.cwd, env, interrupt: interrupt.signal },
        onOutput: (text) => text.includes("Waiting for app ReplicaSet") && interrupt.abort(),
      });
      assert.deepEqual([status === 0, await probed()], [false, "/nowhere"]);
      project.configure({});
      await project.up();
      assert.equal(await probed(), "/health");
      await project.pulumi("preview", "--expect-no-changes");
    });

    await t.test("refresh finds that the Service is gone, and up restores it", async () => {
      await project.kubectl("delete", "service", service);
      const refresh = await project.pulumi("refresh", "--yes", "--skip-preview");
      assert.match(refresh, /1 deleted/);
      await project.up();
      assert.equal(await project.request(service, "/health"), '{"Status":"OK"}');
      await project.pulumi("preview", "--expect-no-changes");
    });

    await t.test("destroy empties the cluster of it", async () => {
      await project.pulumi("destroy", "--yes", "--skip-preview");
      const namespace = await execute(["kubectl", "get", "namespace", project.namespace], project);
      assert.match(namespace.stderr, /NotFound/);
    });
  });
});
