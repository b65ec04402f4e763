import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseGround, grounds } from "../../sandbox/choose-ground";
import { FakeDocker } from "./docker/fake-docker";

const { signal } = new AbortController();

test("the sandbox is in Docker where a daemon answers, else without it, and says why", async (t) => {
  const lines: string[] = [];
  t.mock.method(process.stderr, "write", (line: string) => lines.push(line));
  const fake = new FakeDocker(t);
  const { env } = fake;
  const choice = { withoutDocker: false, current: undefined, env, isRootOnLinux: true };
  const chosen = async (other: Partial<Parameters<typeof chooseGround>[0]>) =>
    (await chooseGround({ ...choice, ...other }, signal)).name;

  assert.equal(await chosen({ isRootOnLinux: false }), "docker");
  assert.equal(await chosen({ withoutDocker: true }), "standalone");
  assert.deepEqual(lines, []);

  fake.set("dead");
  const refusal = "Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?";
  const dead = { env: { ...env, DOCKER_HOST: "unix:///nowhere" } };
  assert.equal(await chosen(dead), "standalone");
  assert.deepEqual(lines, [`The sandbox starts without Docker: ${refusal}\n`]);
  await assert.rejects(chosen({ ...dead, isRootOnLinux: false }), {
    message: `the sandbox needs a Docker daemon, or root on Linux: ${refusal}`,
  });
  fake.uninstall("docker");
  await assert.rejects(chosen({ isRootOnLinux: false }), {
    message: "the sandbox needs a Docker daemon, or root on Linux: the command docker is not on PATH",
  });
  assert.deepEqual(fake.changes(), []);
});

test("the sandbox that there is stays where it is", async () => {
  const env = { PATH: "/nowhere" };
  for (const current of grounds) {
    const choice = { withoutDocker: false, current, env, isRootOnLinux: false };
    assert.equal(await chooseGround(choice, signal), current);
    const without = chooseGround({ ...choice, withoutDocker: true }, signal);
    if (current.name === "standalone") {
      assert.equal(await without, current);
    } else {
      await assert.rejects(without, {
        message: "the sandbox is in Docker: npm run sandbox:down removes it, then start again without Docker",
      });
    }
  }
});
