import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Failure, familiarName, type Image, parseFamiliar } from "../../common";
import { basesOf, readContext, withBases } from "../../infra/image";
import { dockerfiles } from "../support/dockerfiles";
import { succeed } from "../support/execute";
import { directoryWith } from "../support/files";
import { OwnBuilder } from "../support/own-builder";
import { Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { fillDirectory, randomIgnoreFiles, sentByDocker } from "./buildkit/docker-context";
import { askFrontend } from "./buildkit/dockerfile-frontend";
import { needs } from "./needs";

const golang = "localhost:15000/library/golang:1.26";
/** Where the stack's base comes from: a mirror that this suite moves. */
const mirror = "localhost:15000/e2e-bases/golang";
/** Of this run alone: tags of an earlier one would be no news. */
const target = `localhost:15000/e2e-bases-${Date.now()}/ping`;

interface Deployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

interface ImageConfig {
  readonly config: { readonly Labels: Readonly<Record<string, string>> };
}

const digestOf = (image: string): string => image.slice(image.indexOf("@") + 1);

test(
  "the same tag never means two images, and a patched base ships",
  { skip: needs("standalone", "its own builder is a process of the machine, started as root") },
  async (t) => {
    const env = await sandboxEnvironment();
    const crane = async (...args: string[]) => (await succeed(["crane", ...args], { env })).trim();
    /** Moves the mirror's tag to the base itself, or to another image that a label tells apart. Returns the digest. */
    const moveBase = async (label?: string): Promise<string> => {
      await (label === undefined
        ? crane("copy", golang, `${mirror}:1.26`)
        : crane("mutate", golang, "--label", `e2e=${label}`, "--tag", `${mirror}:1.26`));
      return crane("digest", `${mirror}:1.26`);
    };
    /** Every tag that was ever seen, in any repository of this suite, with its digest. */
    const seen = new Map<string, string>();
    /** Looks at a repository's tags: each still has the digest that it had, here and elsewhere. Returns the new ones. */
    const newTags = async (repository: string): Promise<string[]> => {
      const fresh: string[] = [];
      for (const tag of (await crane("ls", repository)).split("\n")) {
        const digest = await crane("digest", `${repository}:${tag}`);
        if (!seen.has(tag)) {
          fresh.push(tag);
        }
        assert.equal(digest, seen.get(tag) ?? digest, `${repository}:${tag}`);
        seen.set(tag, digest);
      }
      return fresh;
    };

    const bases = { "golang:1.26": mirror };
    const config = { bases, registry: { url: target }, replicas: { min: 1, max: 1 } };
    const original = await moveBase();
    await withProject("e2e-bases", env, config, async (project) => {
      const deployed = async () =>
        (await project.get<Deployment>("deployment", "ping")).spec.template.spec.containers.map(({ image }) => image);
      const first = await project.up();
      const [firstTag = ""] = await newTags(target);

      await t.test("the image says which base it was built from", async () => {
        const { config: found } = JSON.parse(
          await crane("config", "--platform=linux/arm64", first.image),
        ) as ImageConfig;
        assert.deepEqual(found.Labels, {
          "org.opencontainers.image.base.name": "docker.io/library/golang:1.26",
          "org.opencontainers.image.base.digest": original,
          "org.opencontainers.image.version": firstTag,
        });
        await project.pulumi("preview", "--expect-no-changes");
      });

      await t.test("a builder with an empty cache gives the same digest under the same tag", async () => {
        const other = await OwnBuilder.start(env, 3000);
        try {
          const repository = `${target}-other`;
          project.configure({ ...config, builder: OwnBuilder.builder, registry: { url: repository } });
          const { image } = await new Project(project.cwd, project.stack, other.env).up();
          assert.deepEqual(await newTags(repository), []);
          assert.equal(digestOf(image), digestOf(first.image));
        } finally {
          await other.remove();
          project.configure(config);
        }
        assert.deepEqual((await project.up()).image, first.image);
      });

      await t.test("a base that has moved shows in a preview, and rolls out under another tag", async () => {
        const patched = await moveBase("patched");
        assert.notEqual(patched, original);
        const { status, stdout } = await project.tryPulumi("preview", "--expect-no-changes", "--diff");
        assert.notEqual(status, 0);
        assert.ok(stdout.includes(`docker-image://${mirror}@${patched}`), stdout);
        assert.ok(stdout.includes(firstTag), stdout);
        assert.deepEqual(await newTags(target), [], "a preview pushes nothing");
        const { image } = await project.up();
        assert.notEqual(image, first.image);
        assert.deepEqual(await deployed(), [image]);
        assert.equal((await newTags(target)).length, 1);
        await project.pulumi("preview", "--expect-no-changes");
      });

      await t.test("a base that goes back gives the earlier tag and digest again", async () => {
        assert.equal(await moveBase(), original);
        const { image } = await project.up();
        assert.equal(image, first.image);
        assert.deepEqual(await deployed(), [image]);
        assert.deepEqual(await newTags(target), []);
      });

      await t.test("rebuild gives the same source another tag", async () => {
        project.configure({ ...config, rebuild: "again" });
        const { image } = await project.up();
        assert.notEqual(image, first.image);
        assert.equal((await newTags(target)).length, 1);
      });

      await t.test("the ignore file of a Dockerfile counts also where a stage has its image's name", async () => {
        project.configure({ ...config, bases: { golang: `${mirror}:1.26` } });
        const app = join(project.cwd, "app");
        const lines = ["FROM --platform=$BUILDPLATFORM golang AS golang", "COPY go.mod /", "FROM scratch"];
        writeFileSync(join(app, "Dockerfile"), [...lines, "COPY --from=golang /go.mod /", ""].join("\n"));
        writeFileSync(join(app, ".dockerignore"), "go.mod\n");
        writeFileSync(join(app, "Dockerfile.dockerignore"), "*.go\n");
        await project.pulumi("preview");
      });
    });
  },
);

const builder = "linux/amd64";
const platforms = ["linux/amd64", "linux/arm64"];
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const shortest = (name: string) => {
  const image = parseFamiliar(name);
  assert.ok(image, name);
  return familiarName(image);
};

const replacement = `docker-image://registry.invalid/context@${digest}`;
const empty = { kind: "directory", directory: "." } as const;

const contextsOf = <T>(names: readonly string[], context: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, context]));

/** The image of a syntax line. */
const syntaxOf = ([first = ""]: readonly string[]) => {
  const [, name] = /^# ?syntax ?= ?(\S+)/i.exec(first) ?? [];
  return name === undefined ? undefined : shortest(name);
};

/** What the program hands to BuildKit: the Dockerfile, and the image of each name by its digest. */
function handedOver(lines: readonly string[], { images, ambiguous }: ReturnType<typeof basesOf>) {
  const pinned = (image: Image) => familiarName({ ...image, digest: image.digest ?? digest });
  const renamed = new Set(ambiguous.map(({ image }) => familiarName(image)));
  return {
    dockerfile: withBases(
      lines.join("\n"),
      ambiguous.map(({ stage, image }) => ({ from: stage.from, base: pinned(image) })),
    ),
    contexts: Object.fromEntries(
      images.map((image) => [
        renamed.has(familiarName(image)) ? pinned(image) : familiarName(image),
        `docker-image://registry.invalid/found@${image.digest ?? digest}`,
      ]),
    ),
  };
}

test("BuildKit asks for the images that the program has looked up, and for none without their digest", async () => {
  const cases = Object.entries(dockerfiles).flatMap(
    ([what, { lines, args = {}, target, contexts: names = [], ...expected }]) =>
      platforms.map((platform) => ({
        what: `${what}, ${platform}`,
        lines,
        expected,
        build: {
          dockerfile: lines.join("\n"),
          args,
          target: target ?? "",
          platform,
          builder,
          contexts: contextsOf(names, replacement),
        },
        read: () =>
          basesOf(
            lines.join("\n"),
            "app/Dockerfile",
            [platform],
            { args, contexts: contextsOf(names, empty), target },
            builder,
          ),
      })),
  );
  const answers = await askFrontend(cases.map(({ build }) => build));
  const taken = cases.flatMap((each, index) => {
    const answer = answers[index];
    assert.equal(answer?.refused !== "", each.expected.refused === true, `${each.what}: ${answer?.refused ?? ""}`);
    return answer?.refused === "" ? [{ ...each, answer, bases: each.read() }] : [];
  });
  for (const { what, bases, answer, lines } of taken) {
    // The frontend is here already, so it doesn't ask for the image of a syntax line.
    const asked = bases.images.map(familiarName).filter((name) => name !== syntaxOf(lines));
    const images = answer.images.filter((image) => !image.startsWith("registry.invalid/context@"));
    assert.deepEqual(images.map(shortest).toSorted(), asked.toSorted(), what);
  }
  const again = await askFrontend(
    taken.map(({ build, lines, bases }) => {
      const { dockerfile, contexts } = handedOver(lines, bases);
      return { ...build, dockerfile, contexts: { ...build.contexts, ...contexts } };
    }),
  );
  for (const [index, { what, answer }] of taken.entries()) {
    const { images = [], history, refused } = again[index] ?? {};
    assert.equal(refused, "", what);
    assert.deepEqual(
      images.filter((image) => !/^registry\.invalid\/(?:found|context)@/.test(image)),
      [],
      what,
    );
    assert.equal(history, answer.history, what);
  }
});

test("4,000 random ignore files send what BuildKit's own walk sends", async (t) => {
  const directory = directoryWith(t);
  const [app, dockerfile] = [join(directory, "app"), join(directory, "Dockerfile")];
  mkdirSync(app);
  fillDirectory(app, 1);
  const ignoreFiles = randomIgnoreFiles(2, 4000);
  const docker = await sentByDocker(app, ignoreFiles);
  /** As docker lists it, without the directories that have an entry in them. */
  const leaves = (paths: readonly string[]) =>
    paths.filter((path) => !path.endsWith("/") || !paths.some((other) => other !== path && other.startsWith(path)));
  const sent = (ignoreFile: string): string[] | null => {
    writeFileSync(`${dockerfile}.dockerignore`, ignoreFile);
    try {
      const { entries } = readContext(app, "none", dockerfile);
      return entries.map(({ path, kind }) => (kind === "directory" ? `${path}/` : path)).sort();
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      return null;
    }
  };
  const answers = docker.map((paths) => paths && leaves(paths).sort());
  for (const [index, ignoreFile] of ignoreFiles.entries()) {
    assert.deepEqual(sent(ignoreFile), answers[index], JSON.stringify(ignoreFile));
  }
  // With few of one kind, the comparison would show little.
  const kinds = { refused: answers.filter((each) => each === null), sent: answers.filter((each) => each?.length) };
  assert.ok(kinds.refused.length > 400 && kinds.sent.length > 400, JSON.stringify(kinds));
});
