import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { ReleaseArgs } from "../../../../delivery/release/deploy";
import { formatRelease, lastGood, lastGoodTag } from "../../../../delivery/release/last-good";
import { recentReleases, recentTag } from "../../../../delivery/release/recent-releases";
import { release } from "../../../../delivery/release/release";
import type { Command, Run, RunOptions } from "../../../../delivery/run";
import { deploymentState } from "../deployment-state";
import { type Answer, fakeRun, noSuchStack } from "../fake-run";

const commit = (digit: string) => digit.repeat(40);
const image = (digit: string) => `registry.example.com/ping@sha256:${digit.repeat(64)}`;
/** What was released well before, and the commit that is checked out with the image that it builds. */
const [good, head, built] = [{ commit: commit("a"), image: image("a") }, commit("b"), image("b")];
const imageBuild = "docker-build:index:Image";
const timing = { inARow: 2, atMost: 4, pause: 0 };

/** How an update of a commit or an image goes: it fails before or after it changed something, or its pods are sick. */
type Fate = "refused" | "stuck" | "sick" | "same and sick" | "out of reach";

/** A stack and the cluster that it is deployed to, as far as a release sees them. */
class World {
  tags: Record<string, string> = {};
  /** The commit whose program the stack runs, and its image. */
  running = { commit: "", image: "" };
  readonly fates: Record<string, Fate> = {};
  /** Commits that don't descend from the last good one. */
  readonly older: string[] = [];
  /** Commits that the clone doesn't have. */
  readonly missing: string[] = [];
  readonly commands: string[] = [];
  /** A secret of the config, which Pulumi hides in events wherever it stands. */
  password: string | undefined;
  private tree = { directory: "", commit: "", image: "", isGiven: false };

  readonly run = fakeRun((text, command, options) => {
    this.commands.push(command.slice(0, 3).join(" "));
    return this.answer(text, command, options);
  });

  returnTo(release: typeof good): this {
    this.tags = { [lastGoodTag]: formatRelease(release) };
    return this;
  }

  private answer(text: string, command: Command, { cwd }: RunOptions): Answer | undefined {
    switch (command.slice(0, 3).join(" ")) {
      case "git rev-parse HEAD":
        return `${head}\n`;
      case "git merge-base --is-ancestor":
        return { status: this.older.includes(command[4] ?? "") ? 1 : 0 };
      case "git worktree add":
        if (this.missing.includes(command[5] ?? "")) {
          return { status: 128, stderr: "fatal: invalid reference" };
        }
        // Each commit builds an image of its own.
        this.tree = {
          directory: command[4] ?? "",
          commit: command[5] ?? "",
          image: image((command[5] ?? "")[0] ?? ""),
          isGiven: false,
        };
        return undefined;
      case "git worktree prune":
      case "git diff --quiet":
        return undefined;
      case "pulumi stack tag":
        if (command[3] === "set") {
          this.tags[command[4] ?? ""] = command[5] ?? "";
        }
        return JSON.stringify(this.tags);
      case "pulumi up --yes": {
        assert.equal(cwd, this.tree.directory);
        const [, given] = / --config image=(\S+)/.exec(text) ?? [];
        Object.assign(this.tree, given === undefined ? {} : { image: given, isGiven: true });
        return this.update(command[command.indexOf("--event-log") + 1] ?? "");
      }
      case "pulumi stack export": {
        const { image: deployed } = this.running;
        const stack = { type: "pulumi:pulumi:Stack", outputs: { image: deployed } };
        const build = { type: imageBuild, outputs: { digest: deployed.slice(deployed.indexOf("@") + 1) } };
        return JSON.stringify({ deployment: { resources: [stack, build, deploymentState()] } });
      }
      default:
        return this.askCluster(text);
    }
  }

  private update(log: string): Answer {
    const fate = this.fates[this.tree.commit] ?? this.fates[this.tree.image];
    const done = (op: string, type: string, outputs = {}, inputs = {}) => ({
      resOutputsEvent: {
        metadata: { op, urn: type, type, new: { custom: !type.startsWith("pulumi:"), inputs, outputs } },
      },
    });
    const { type, inputs } = deploymentState();
    const events = [
      ...(this.tree.isGiven
        ? []
        : [
            done(this.running.image === this.tree.image ? "same" : "update", imageBuild, {
              digest: this.tree.image.slice(this.tree.image.indexOf("@") + 1),
            }),
          ]),
      done(fate === "same and sick" ? "same" : "update", type, {}, inputs),
      ...(fate === "stuck" ? [] : [done("same", "pulumi:pulumi:Stack", { image: this.tree.image })]),
    ];
    if (fate !== "refused") {
      this.running = this.tree;
      const text = events.map((each) => `${JSON.stringify(each)}\n`).join("");
      writeFileSync(log, this.password === undefined ? text : text.replaceAll(this.password, "[secret]"));
    }
    return { status: fate === "refused" || fate === "stuck" ? 255 : 0 };
  }

  private askCluster(text: string): Answer {
    const fate = this.fates[this.running.commit] ?? this.fates[this.running.image];
    assert.match(text, /^kubectl --context prod --namespace ping-dev /);
    if (fate === "out of reach" || fate === "stuck") {
      return { status: 1, stderr: "Unable to connect to the server" };
    }
    if (text.includes(" get pods ")) {
      const status = { conditions: [{ type: "Ready", status: "True" }] };
      return JSON.stringify({ items: [{ metadata: { name: "ping-1" }, status }] });
    }
    assert.match(text, / pod\/ping-1 :8080$/);
    return fate?.endsWith("sick") ? { status: 2, stderr: "it answered 503" } : "";
  }
}

const deploy = (world: World, args: Partial<ReleaseArgs> = {}) =>
  release({ stack: "dev", context: "prod", make: false, inOrder: true, ...args }, world.run, timing);
const sick = "/healthz of ping in ping-dev isn't healthy: pod ping-1: it answered 503";

test("a good release is what the next one may return to, its commit with its image", async () => {
  const world = new World();
  assert.deepEqual(await deploy(world), { kind: "released", image: built, built: true, exposed: undefined });
  assert.deepEqual(lastGood(world.tags), { commit: head, image: built });
  assert.deepEqual(world.commands, [
    "pulumi stack tag",
    "git rev-parse HEAD",
    "git worktree prune",
    "git worktree add",
    "git diff --quiet",
    "pulumi up --yes",
    ...Array.from({ length: 4 }, () => "kubectl --context prod"),
    "pulumi stack tag",
    "pulumi stack tag",
  ]);
});

test("a release that deploys what is deployed already writes no tag but its commit", async () => {
  const world = new World();
  await deploy(world);
  world.tags[lastGoodTag] = formatRelease({ commit: good.commit, image: built });
  world.commands.length = 0;
  await deploy(world);
  assert.deepEqual(lastGood(world.tags), { commit: head, image: built });
  assert.equal(world.commands.filter((each) => each === "pulumi stack tag").length, 2);
});

test("a secret that stands in the names of the image or the Deployment hides neither from the release", async () => {
  for (const password of ["example", "ping", "healthz", "bbb"]) {
    const world = new World();
    world.password = password;
    assert.deepEqual(await deploy(world), { kind: "released", image: built, built: true, exposed: undefined });
    assert.deepEqual(lastGood(world.tags), { commit: head, image: built });
    assert.ok(world.commands.includes("pulumi stack export"));
  }
});

test("clean.ts is told of the newest good releases, and of no other", async () => {
  const world = new World();
  const beginnings = () => recentReleases(world.tags).map((each) => each.slice("sha256:".length).at(0));
  await deploy(world, { image: image("a") });
  await deploy(world, { image: image("b") });
  assert.deepEqual(beginnings(), ["b", "a"]);
  world.fates[head] = "sick";
  await deploy(world, { image: image("c") });
  assert.deepEqual(beginnings(), ["b", "a"]);
});

test("a promotion deploys the image that it is given, with the program that is checked out", async () => {
  const world = new World().returnTo(good);
  assert.deepEqual(await deploy(world, { image: image("c") }), {
    kind: "released",
    image: image("c"),
    built: false,
    exposed: undefined,
  });
  assert.deepEqual(lastGood(world.tags), { commit: head, image: image("c") });
  assert.equal(world.running.commit, head);
});

for (const [fate, reason] of [
  ["stuck", "pulumi up ended with 255"],
  ["sick", sick],
] as const) {
  test(`a release that is ${fate} goes back to the program, config and image of the last good one`, async () => {
    const world = new World().returnTo(good);
    world.fates[head] = fate;
    assert.deepEqual(await deploy(world), { kind: "returned", reason, ...good });
    assert.deepEqual([world.running.commit, world.running.image], [good.commit, good.image]);
    assert.deepEqual(lastGood(world.tags), good, "it stays the last good one");
  });
}

for (const [fate, reason] of [
  ["refused", "pulumi up ended with 255"],
  ["same and sick", sick],
] as const) {
  test(`a release that is ${fate} changed nothing, so nothing is undone`, async () => {
    const world = new World().returnTo(good);
    world.fates[head] = fate;
    assert.deepEqual(await deploy(world), { kind: "unchanged", reason });
    assert.equal(world.commands.filter((each) => each === "pulumi up --yes").length, 1);
    assert.deepEqual(lastGood(world.tags), good);
  });
}

test("a release whose pods can't be asked stays, and isn't the last good one", async () => {
  const world = new World().returnTo(good);
  world.fates[head] = "out of reach";
  assert.deepEqual(await deploy(world), {
    kind: "unknown",
    reason: "/healthz of ping in ping-dev can't be asked: Unable to connect to the server",
  });
  assert.deepEqual([world.running.commit, lastGood(world.tags)], [head, good]);
});

test("two bad releases in a row return to the same good one, not to one another", async () => {
  const world = new World();
  await deploy(world, { image: good.image });
  for (const digit of ["c", "d"]) {
    world.fates[image(digit)] = "sick";
    const { kind } = await deploy(world, { image: image(digit) });
    assert.deepEqual([kind, world.running.image, world.running.commit], ["returned", good.image, head]);
  }
});

test("where nothing was good before, where the good release itself fails, and where it fails too, that is said", async () => {
  const first = new World();
  first.fates[head] = "sick";
  const nothing = `${sick}, and no release of dev was good before`;
  assert.deepEqual(await deploy(first), { kind: "broken", reason: nothing });

  const same = new World().returnTo({ commit: head, image: built });
  same.fates[head] = "sick";
  const itself = `${sick}, and it is the last good release itself`;
  assert.deepEqual(await deploy(same), { kind: "broken", reason: itself });
  assert.equal(same.commands.filter((each) => each === "pulumi up --yes").length, 1);

  const both = new World().returnTo(good);
  both.fates[head] = "sick";
  both.fates[good.commit] = "stuck";
  const again = `${sick}; then, with the last good release, pulumi up ended with 255`;
  assert.deepEqual(await deploy(both), { kind: "broken", reason: again });
  assert.deepEqual(lastGood(both.tags), good);
});

test("the same commit with a base image that has moved goes back to the image that was good", async () => {
  for (const [fate, reason] of [
    ["stuck", "pulumi up ended with 255"],
    ["sick", sick],
  ] as const) {
    const world = new World().returnTo({ commit: head, image: image("a") });
    world.fates[built] = fate;
    assert.deepEqual(await deploy(world), { kind: "returned", reason, commit: head, image: image("a") });
    assert.deepEqual([world.running.commit, world.running.image], [head, image("a")]);
  }
});

interface Signing {
  /** What the previews say that the stack would deploy. */
  readonly known: readonly (string | undefined)[];
  readonly signed: readonly string[];
  readonly options: string;
}

for (const [what, { known, signed, options }] of Object.entries<Signing>({
  "an image that isn't known yet is built": { known: [undefined], signed: [], options: "" },
  "an image that the registry has is deployed if it is signed": { known: [built], signed: [built], options: "" },
  "one that isn't signed is built anew under another tag": {
    known: [built, undefined],
    signed: [],
    options: " --config rebuild=monday-unsigned-1",
  },
  "what was built anew and signed is found again": {
    known: [built, image("c"), image("d")],
    signed: [image("d")],
    options: " --config rebuild=monday-unsigned-2",
  },
})) {
  test(`of a release that must be signed, ${what}`, async () => {
    const world = new World();
    const previews = [...known];
    const ups: string[] = [];
    const run: Run = (command, given) => {
      const text = command.join(" ");
      if (text.startsWith("pulumi config get rebuild --stack dev")) {
        return Promise.resolve({ status: 0, stdout: "monday\n", stderr: "" });
      }
      if (text.startsWith("pulumi preview ")) {
        const outputs = { image: previews.shift() ?? "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
        const metadata = { op: "same", urn: "stack", type: "pulumi:pulumi:Stack", new: { outputs } };
        writeFileSync(
          command[command.indexOf("--event-log") + 1] ?? "",
          `${JSON.stringify({ resOutputsEvent: { metadata } })}\n`,
        );
        return Promise.resolve({ status: 0, stdout: "", stderr: "" });
      }
      if (text.startsWith("pulumi up ")) {
        ups.push(text.replace(/ --event-log \S+/, ""));
      }
      return world.run(command, given);
    };
    const isSigned = (found: string) => Promise.resolve(signed.includes(found));
    await release({ stack: "dev", context: "prod", make: false, inOrder: true, isSigned }, run, timing);
    assert.deepEqual(ups, [`pulumi up --yes --skip-preview --stack dev${options}`]);
    assert.deepEqual(previews, []);
  });
}

test("a release that must be signed fails where Pulumi hides which image it would deploy", async () => {
  const world = new World();
  const run: Run = (command, given) => {
    if (command[1] === "preview") {
      const outputs = { image: built.replace("ping", "[secret]") };
      const metadata = { op: "same", urn: "stack", type: "pulumi:pulumi:Stack", new: { outputs } };
      const log = command[command.indexOf("--event-log") + 1] ?? "";
      writeFileSync(log, `${JSON.stringify({ resOutputsEvent: { metadata } })}\n`);
      return Promise.resolve({ status: 0, stdout: "", stderr: "" });
    }
    return world.run(command, given);
  };
  const args = { stack: "dev", context: "prod", make: false, inOrder: true, isSigned: () => Promise.resolve(true) };
  await assert.rejects(release(args, run, timing), {
    message:
      "nobody knows whether the image that dev would deploy is signed, because Pulumi hides its name: it is a secret, or a " +
      "secret of the config stands in it, such as a password that is also the image's name. Choose another password.",
  });
  assert.ok(!world.commands.includes("pulumi up --yes"));
});

test("a release that must be signed fails before its update where the preview fails", async () => {
  const world = new World();
  const run: Run = (command, given) =>
    command[1] === "preview" ? Promise.resolve({ status: 255, stdout: "", stderr: "" }) : world.run(command, given);
  const args = { stack: "dev", context: "prod", make: false, inOrder: true, isSigned: () => Promise.resolve(true) };
  await assert.rejects(release(args, run, timing), {
    message: "pulumi preview ended with 255, so nobody knows whether the image that dev would deploy is signed",
  });
  assert.ok(!world.commands.includes("pulumi up --yes"));
});

test("a stack is only made where that is asked for", async () => {
  const world = new World();
  const commands: string[] = [];
  const run: Run = (command, options) => {
    const text = command.join(" ");
    commands.push(command.slice(0, 4).join(" "));
    if (text.startsWith("pulumi stack tag ls") || text.startsWith("pulumi stack init")) {
      return fakeRun(() => (text.includes(" init ") ? "" : noSuchStack))(command, options);
    }
    return world.run(command, options);
  };
  await assert.rejects(release({ stack: "dev", make: false, inOrder: true }, run, timing), {
    message: "there is no stack dev: make it with pulumi stack init dev, or check PULUMI_BACKEND_URL",
  });
  assert.deepEqual(commands.splice(0), ["pulumi stack tag ls"]);
  const { kind } = await release({ stack: "dev", context: "prod", make: true, inOrder: true }, run, timing);
  assert.deepEqual([kind, ...commands.slice(0, 2)], ["released", "pulumi stack tag ls", "pulumi stack init dev"]);
});

test("where the clone lacks the last good commit, why the release failed is still said", async () => {
  const world = new World().returnTo(good);
  world.fates[head] = "sick";
  world.missing.push(good.commit);
  const outcome = await deploy(world);
  assert.ok(outcome.kind === "broken");
  assert.match(
    outcome.reason,
    /isn't healthy: pod ping-1: .*; then, with the last good release, git worktree add .* ended with 128/,
  );
});

test("a commit that doesn't descend from the last good release's is refused, unless any order is fine", async () => {
  const world = new World().returnTo(good);
  world.older.push(head);
  await assert.rejects(deploy(world), /would take dev back/);
  assert.ok(!world.commands.includes("pulumi up --yes"));
  assert.deepEqual(await deploy(world, { inOrder: false }), {
    kind: "released",
    image: built,
    built: true,
    exposed: undefined,
  });
});

test("a tag about releases that can't be read stops the release before anything is deployed", async () => {
  for (const tag of [lastGoodTag, recentTag]) {
    const world = new World();
    world.tags = { [tag]: "ping:latest" };
    await assert.rejects(deploy(world), new RegExp(`the stack tag ${tag} is "ping:latest"`));
    assert.deepEqual(world.commands, ["pulumi stack tag"]);
  }
});
