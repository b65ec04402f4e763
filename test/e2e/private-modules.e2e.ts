import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { inSandboxDirectory } from "../sandbox/ground/paths";
import { pki } from "../sandbox/network/pki";
import { succeed } from "../support/execute";
import { Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { needs } from "./needs";
import { ModuleProxy } from "./registries/module-proxy";

const directory = "test/e2e/fixtures/private-modules";
const modulePath = "git.example.com/team/words";
/** What only the private module says. */
const words = "Grüße aus dem privaten Modul";
/** Of this run alone: tags of an earlier one would be no news, and a cached download would need no password. */
const run = String(Date.now());
const target = `localhost:15000/e2e-private-modules-${run}/service`;

/** The content of every file below a directory, unpacked. */
function contents(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file))
    .map((bytes) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString());
}

/** An SSH agent without keys, and how often it was asked for them. */
async function sshAgent() {
  const socket = join(mkdtempSync(join(tmpdir(), "ping-e2e-agent-")), "socket");
  const state = { socket, asked: 0 };
  const server = createServer((connection) => {
    connection.on("data", () => {
      state.asked += 1;
      // SSH_AGENT_IDENTITIES_ANSWER with 0 keys.
      connection.write(Uint8Array.of(0, 0, 0, 5, 12, 0, 0, 0, 0));
    });
  });
  await once(server.listen(socket), "listening");
  return { state, stop: () => server.close(() => rmSync(join(socket, ".."), { recursive: true })) };
}

test(
  "a module behind a password is built in, and the password stays out of everything",
  { skip: needs("standalone", "it serves modules with the certificates of the other ground") },
  async (t) => {
    const env = await sandboxEnvironment();
    const crane = (...args: string[]) => succeed(["crane", ...args], { env });
    const tags = async () => (await crane("ls", target)).trim().split("\n");
    const password = randomBytes(16).toString("hex");
    const proxy = await ModuleProxy.start(modulePath, `${directory}/words`, password);
    t.after(() => proxy.stop());
    /** Every form in which the password could stand somewhere. */
    const forms = [password, proxy.credentials, Buffer.from(password).toString("base64")];
    const assertHidden = (what: string, text: string) => {
      forms.forEach((form) => assert.ok(!text.includes(form), `the password is in ${what}`));
    };
    const args = (path: string) => ({ GOPROXY: `https://${proxy.host}/${run}/${path}`, GONOSUMDB: modulePath });
    const config = {
      app: `./${directory}/service`,
      registry: { url: target },
      replicas: { min: 1, max: 1 },
      build: { args: { ...args("a"), NAME: "Anna" } },
    };
    await withProject("e2e-private-modules", env, config, async (project) => {
      copyFileSync(pki.ca, join(project.cwd, directory, "service", "ca.crt"));
      const set = (path: string, ...value: string[]) => project.pulumi("config", "set", "--path", path, ...value);
      const answer = async (text: string) => {
        const { service } = await project.outputs();
        await project.answers(service, "/", text);
      };

      await t.test("without the secret, a preview fails with the proxy's answer", async () => {
        assert.match(await project.fails("preview"), /v1\.0\.0\.mod: 401 Unauthorized/);
        assert.equal(proxy.answered, 0);
      });

      await set("build.secrets.netrc", "--secret", proxy.netrc);
      await t.test("with the secret, a preview and an update build both platforms, and no log has it", async () => {
        // A pull request's comment is made from the JSON.
        for (const command of [["preview", "--diff"], up, ["preview", "--json"]]) {
          const { status, stdout, stderr } = await project.tryPulumi(...command);
          assert.equal(status, 0, stdout + stderr);
          assertHidden(`the log of pulumi ${command.join(" ")}`, stdout + stderr);
        }
        assert.ok(proxy.answered > 0);
        const { platforms } = await project.outputs();
        assert.deepEqual(Object.keys(platforms), ["linux/amd64", "linux/arm64"]);
        await answer(`${words}, Anna, stage last`);
      });

      const { image } = await project.outputs();
      const firstTags = await tags();
      await t.test("the secret is in no layer, no configuration, no tag, no state and no stack file", async () => {
        const layout = mkdtempSync(join(tmpdir(), "ping-e2e-image-"));
        await crane("pull", "--format=oci", image, layout);
        const blobs = contents(layout);
        rmSync(layout, { recursive: true });
        assert.equal(blobs.filter((blob) => blob.includes(words)).length, 2, "the layers of both platforms were read");
        blobs.forEach((blob) => assertHidden("the image", blob));
        assertHidden("a tag", firstTags.join("\n"));
        const state = contents(inSandboxDirectory("state")).filter((text) => text.includes(project.stack));
        assert.ok(state.some((text) => text.includes(image)));
        state.forEach((text) => assertHidden("the state", text));
        assertHidden("the exported state", await project.pulumi("stack", "export"));
        assertHidden("the stack file", readFileSync(join(project.cwd, `Pulumi.${project.stack}.yaml`), "utf8"));
      });

      await t.test("another password changes neither image nor tag, and pushes nothing", async () => {
        proxy.change(randomBytes(16).toString("hex"));
        await set("build.secrets.netrc", "--secret", proxy.netrc);
        await project.pulumi("preview", "--expect-no-changes");
        assert.equal((await project.up()).image, image);
        assert.deepEqual(await tags(), firstTags);
      });

      await t.test("other arguments give another tag, roll out, and are fetched with the password of now", async () => {
        const before = proxy.answered;
        await set("build.args.GOPROXY", args("b").GOPROXY);
        await set("build.args.NAME", "Berta");
        assert.notEqual((await project.up()).image, image);
        assert.equal((await tags()).length, 2);
        assert.ok(proxy.answered > before);
        await answer(`${words}, Berta, stage last`);
      });

      await t.test("target picks the stage", async () => {
        await set("build.target", "first");
        await project.up();
        assert.equal((await tags()).length, 3);
        await answer(`${words}, Berta, stage first`);
      });

      await t.test("a build reaches the SSH agent, and without one the error says so", async () => {
        await set("build.target", "with-keys");
        await set("build.ssh[0]", "default");
        const { state, stop } = await sshAgent();
        try {
          await new Project(project.cwd, project.stack, { ...env, SSH_AUTH_SOCK: state.socket }).pulumi("preview");
        } finally {
          stop();
        }
        assert.ok(state.asked > 0);
        const { SSH_AUTH_SOCK: _, ...none } = env;
        assert.match(await new Project(project.cwd, project.stack, none).fails("preview"), /SSH_AUTH_SOCK/);
      });
    });
  },
);
