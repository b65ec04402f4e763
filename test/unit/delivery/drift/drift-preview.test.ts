import assert from "node:assert/strict";
import { test } from "node:test";
import { previewDrift } from "../../../../delivery/drift/drift-preview";
import { formatRelease, lastGoodTag } from "../../../../delivery/release/last-good";
import { fakeRun } from "../fake-run";

const good = { commit: "a".repeat(40), image: `registry.example.com/ping@sha256:${"a".repeat(64)}` };

/** Previews a stack whose stash has this input, and returns what was written and what ran. */
async function previewed(input: object, tags: Readonly<Record<string, string>>) {
  const commands: string[] = [];
  let tree: string | undefined;
  const run = fakeRun((text, command, { cwd }) => {
    if (text.startsWith("git worktree add")) {
      tree = command[4];
      assert.equal(command[5], good.commit);
    }
    if (text.startsWith("pulumi stack tag ls")) {
      return JSON.stringify(tags);
    }
    if (text.startsWith("pulumi stack export")) {
      return JSON.stringify({ deployment: { resources: [{ type: "pulumi:index:Stash", inputs: { input } }] } });
    }
    if (text.startsWith("pulumi")) {
      assert.equal(cwd, tree);
      commands.push(text);
    }
    // The status that a preview with an error has.
    return text.startsWith("pulumi preview") ? { status: 255, stdout: "{}" } : "";
  });
  return { written: await previewDrift(run, "prod"), commands };
}

const preview = "pulumi preview --stack prod --refresh --run-program --json";

test("drift is what differs from the last good release's commit, whatever the preview's status", async () => {
  const tags = { [lastGoodTag]: formatRelease(good) };
  assert.deepEqual(await previewed({ digests: {}, args: [], tag: "0123456789abcdef" }, tags), {
    written: "{}",
    commands: [preview],
  });
});

test("a stack that deployed a given image is compared with that image", async () => {
  const tags = { [lastGoodTag]: formatRelease(good) };
  assert.deepEqual(await previewed({ digests: {}, args: [] }, tags), {
    written: "{}",
    commands: [`${preview} --config image=${good.image}`],
  });
});

test("without a good release there is nothing to compare with", async () => {
  await assert.rejects(previewed({}, {}), {
    message: "nobody knows what prod should run: no release of it was good yet",
  });
});
