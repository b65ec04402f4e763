import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { succeed } from "../support/execute";
import { OwnBuilder } from "../support/own-builder";
import { Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { needs } from "./needs";
import { ImmutableRegistry } from "./registries/immutable-registry";

/** It gives another image each time. The service is compiled beforehand: how long that takes is not this suite's. */
const dockerfile = `FROM --platform=$BUILDPLATFORM golang:1.26 AS clock
RUN date +%s%N >/now
FROM scratch
ARG TARGETARCH
COPY ping-$TARGETARCH /ping
COPY --from=clock /now /now
USER 65532
ENTRYPOINT ["/ping"]
`;

/** Gives a project the service that writes the time of its build. */
async function writeApp(project: Project): Promise<void> {
  const app = join(project.cwd, "app");
  const content = join(project.cwd, "clock");
  mkdirSync(content);
  for (const GOARCH of ["amd64", "arm64"]) {
    const env = { ...project.env, GOARCH, CGO_ENABLED: "0" };
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
    await succeed(["go", "build", ...flags, "-o", join(content, `ping-${GOARCH}`), "."], { cwd: app, env });
  }
  writeFileSync(join(content, "Dockerfile"), dockerfile);
}

/** The types of what the stack has. */
const types = async (project: Project) => (await project.state()).resources.map(({ type }) => type);

const isBuild = (type: string) => type.includes("docker-build");

test(
  "the same content is built once, by whichever stack",
  { skip: needs("standalone", "a node in Docker can't pull from its registry on the machine's loopback") },
  async (t) => {
    const env = await sandboxEnvironment();
    const registry = await ImmutableRegistry.start();
    t.after(() => registry.stop());
    const other = await OwnBuilder.start(env, 3000);
    t.after(() => other.remove());
    const url = `${registry.host}/e2e-content-${Date.now()}/ping`;
    const config = { app: "clock", registry: { url }, replicas: { min: 1, max: 1 } };

    await withProject("e2e-content-a", env, config, (one) =>
      withProject("e2e-content-b", other.env, { ...config, builder: OwnBuilder.builder }, async (two) => {
        await Promise.all([writeApp(one), writeApp(two)]);
        let first = "";

        await t.test("two stacks that build it at the same time deploy one digest of an immutable tag", async () => {
          registry.answerTogether();
          const [{ image }, { image: same }] = await Promise.all([one.up(), two.up()]);
          assert.equal(same, image);
          assert.equal(registry.tagged.length, 1);
          assert.deepEqual([(await types(one)).some(isBuild), (await types(two)).some(isBuild)], [true, true]);
          first = image;
        });

        await t.test("neither has anything to change afterwards, with either builder", async () => {
          for (const project of [one, two]) {
            await project.pulumi("preview", "--expect-no-changes");
          }
          two.configure({ ...config, builder: "sandbox" });
          await two.pulumi("preview", "--expect-no-changes");
        });

        await t.test(
          "another DOCKER_HOST builds nothing anew, also after an update by an earlier version",
          async () => {
            const { cwd, stack, env } = one;
            const elsewhere = new Project(cwd, stack, { ...env, DOCKER_HOST: "tcp://localhost:1" });
            const state = await one.pulumi("stack", "export");
            assert.ok(state.includes("docker-build::image-builder"));
            const file = join(cwd, "state.json");
            writeFileSync(file, state.replaceAll("docker-build::image-builder", "docker-build::default_0_0_22"));
            await one.pulumi("stack", "import", "--file", file);
            await elsewhere.pulumi(...up, "--expect-no-changes");
            await one.pulumi("preview", "--expect-no-changes");
          },
        );

        await t.test("a third stack deploys it without a builder, and has no build", async () => {
          await withProject("e2e-content-c", env, { ...config, builder: "nobody" }, async (three) => {
            await writeApp(three);
            assert.match(await three.pulumi("preview"), /ping:index:ServiceImage/);
            assert.equal((await three.up()).image, first);
            assert.deepEqual((await types(three)).filter(isBuild), []);
            await three.pulumi("preview", "--expect-no-changes");
          });
        });

        await t.test("a revert deploys the earlier image, and builds nothing", async () => {
          const file = join(one.cwd, "clock", "Dockerfile");
          writeFileSync(file, `${dockerfile}LABEL edited=yes\n`);
          const { image } = await one.up();
          assert.notEqual(image, first);
          writeFileSync(file, dockerfile);
          one.configure({ ...config, builder: "nobody" });
          assert.equal((await one.up()).image, first);
          assert.deepEqual((await types(one)).filter(isBuild), []);
          await one.pulumi("preview", "--expect-no-changes");
        });

        await t.test(
          "an image that somebody deletes is built again, by a stack that built it and by one that found it",
          async () => {
            one.configure(config);
            two.configure({ ...config, builder: OwnBuilder.builder });
            for (const project of [one, two]) {
              await succeed(["crane", "delete", `${url}:${registry.tagged[0]}`], { env });
              const { image } = await project.up();
              const digest = await succeed(["crane", "digest", `${url}:${registry.tagged[0]}`], { env });
              assert.equal(image, `${url}@${digest.trim()}`);
              await project.pulumi("preview", "--expect-no-changes");
            }
          },
        );
      }),
    );
  },
);
