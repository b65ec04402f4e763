import assert from "node:assert/strict";
import { test } from "node:test";
import { podOf } from "../lint/api-server";
import type { Manifest } from "../lint/manifests";
import { eventually } from "../support/eventually";
import type { Pod } from "../support/pod";
import { type Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { greeterConfig } from "./fixtures/greeter-config";
import { needs } from "./needs";
import { PasswordRegistry } from "./registries/password-registry";

/** Quicker than two, and a rollout still has an old and a new one. */
const onePod = { replicas: { min: 1, max: 1 } };

interface Secret {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly data: Readonly<Record<string, string>>;
}

const secretNames = async (project: Project) =>
  (await project.list<Secret>("secrets")).map(({ metadata }) => metadata.name);

const podIds = async (project: Project) => (await project.pods()).map(({ metadata }) => metadata.uid).sort();

/** Sets an encrypted value in the stack's file. */
const encrypt = (project: Project, path: string, value: string) =>
  project.pulumi("config", "set", "--secret", "--path", path, value);

/** Asserts that a text has none of the values, also not in base64 as in a Secret. */
function assertHides(text: string, ...values: string[]): void {
  for (const value of values) {
    assert.ok(!text.includes(value) && !text.includes(Buffer.from(value).toString("base64")), value);
  }
}

test("an encrypted variable gets to the pods by a Secret, and to nowhere else", async (t) => {
  const config = { ...greeterConfig, ...onePod, env: { LEVEL: "debug" } };
  const [first, second] = ["hush-hush-first", "hush-hush-second"];
  await withProject("e2e-secrets", await sandboxEnvironment(), config, async (project) => {
    await encrypt(project, "env.GREETING", first);
    const { service } = await project.up();
    const [name = "", ...others] = await secretNames(project);

    await t.test("the service has the value, and a plain one beside it stays in the Deployment", async () => {
      assert.equal(await project.request(service, "/"), `${first}\n`);
      assert.match(name, /^greeter-env-[0-9a-f]{10}$/);
      assert.deepEqual(others, []);
      for (const { spec } of await project.pods()) {
        const [{ env, envFrom }] = spec.containers;
        assert.deepEqual(envFrom, [{ secretRef: { name } }]);
        assert.deepEqual(
          env.filter(({ name }) => name !== "GOMEMLIMIT"),
          [
            { name: "PORT", value: "9090" },
            { name: "LEVEL", value: "debug" },
          ],
        );
      }
    });

    await t.test("it may write to /tmp, and nowhere else", async () => {
      assert.equal(await project.request(service, "/write?file=/tmp/new"), "<nil>\n");
      assert.match(await project.request(service, "/write?file=/new"), /read-only file system/);
    });

    await t.test(
      "neither the Deployment nor Pulumi's state holds the value, and nothing is left to change",
      async () => {
        assertHides(JSON.stringify(await project.get("deployment", service)), first);
        await project.pulumi("refresh", "--yes", "--skip-preview");
        assertHides(await project.pulumi("stack", "export"), first);
        await project.pulumi("preview", "--expect-no-changes");
      },
    );

    await t.test(
      "a new value shows as another name, rolls the pods, and the old ones have theirs until then",
      async () => {
        await encrypt(project, "env.GREETING", second);
        const update = project.pulumi(...up, "--diff");
        const renewed = await eventually("a pod with the new Secret", async () =>
          (await project.pods())
            .flatMap(({ spec }) => spec.containers[0].envFrom)
            .map(({ secretRef }) => secretRef.name)
            .find((each) => each !== name),
        );
        assert.deepEqual((await secretNames(project)).sort(), [name, renewed].sort());
        const shown = await update;
        assertHides(shown, first, second);
        assert.match(shown, new RegExp(`name *: "${name}" => "${renewed}"`));
        assert.deepEqual(await secretNames(project), [renewed]);
        await project.answers(service, "/", `${second}\n`);
      },
    );

    await t.test("the old value leads back to the old name", async () => {
      await encrypt(project, "env.GREETING", first);
      await project.up();
      assert.deepEqual(await secretNames(project), [name]);
      await project.answers(service, "/", `${first}\n`);
    });
  });
});

test(
  "pods pull from a registry with a password",
  { skip: needs("standalone", "a node in Docker can't pull from its registry on the machine's loopback") },
  async (t) => {
    const registry = await PasswordRegistry.create("hush-hush-first");
    t.after(() => {
      registry.stop();
    });
    const { host, username } = registry;
    const config = { ...greeterConfig, ...onePod };
    const withLogin = { ...config, registry: { url: `${host}/greeter`, username } };
    await withProject("e2e-pull", await sandboxEnvironment(), withLogin, async (project) => {
      const configure = async (overrides: object) => {
        project.configure({ ...withLogin, ...overrides });
        await encrypt(project, "registry.password", registry.password);
      };
      await configure({});
      const { image, service } = await project.up();
      const [secret] = await project.list<Secret>("secrets");
      const pods = await podIds(project);

      await t.test("with the stack's login, which Pulumi's state doesn't show", async () => {
        assert.equal(await project.request(service, "/"), "Hello\n");
        assert.equal(secret?.metadata.name, "greeter-pull");
        assert.ok((registry.admitted.get("containerd") ?? 0) > 0, [...registry.admitted.keys()].join());
        await project.pulumi("refresh", "--yes", "--skip-preview");
        assertHides(await project.pulumi("stack", "export"), registry.password);
        await project.pulumi("preview", "--expect-no-changes");
      });

      await t.test("and not without it", async () => {
        const { spec } = podOf(await project.get<Manifest>("deployment", service)) as Manifest & { spec: object };
        const bare = { ...spec, imagePullSecrets: [], serviceAccountName: "default" };
        const [container] = (spec as { containers: [object] }).containers;
        const overrides = {
          apiVersion: "v1",
          spec: { ...bare, containers: [{ ...container, imagePullPolicy: "Always" }] },
        };
        await project.kubectl(
          "run",
          "bare",
          `--image=${image}`,
          "--restart=Never",
          `--overrides=${JSON.stringify(overrides)}`,
        );
        const waiting = await eventually("the pod's failure", async () => {
          const { status } = await project.get<Pod>("pod", "bare");
          const found = status.containerStatuses?.[0].state.waiting;
          return /401|authoriz/i.test(found?.message ?? "") ? found : undefined;
        });
        assert.ok(waiting.message?.includes(`${host}/greeter`), waiting.message);
        await project.kubectl("delete", "pod", "bare", "--force", "--grace-period=0");
      });

      await t.test("a new password changes the Secret in place, and no pod", async () => {
        registry.password = "hush-hush-second";
        await configure({});
        const shown = await project.pulumi(...up, "--diff");
        assertHides(shown, "hush-hush-first", registry.password);
        const [renewed, ...others] = await project.list<Secret>("secrets");
        assert.deepEqual([renewed?.metadata.uid, others, await podIds(project)], [secret?.metadata.uid, [], pods]);
        const { ".dockerconfigjson": data = "" } = renewed?.data ?? {};
        const login = { username, password: registry.password };
        assert.deepEqual(JSON.parse(Buffer.from(data, "base64").toString()), { auths: { [host]: login } });
      });

      await t.test("an image by digest is pulled with the login too", async () => {
        await configure({ image });
        await project.up();
        assert.deepEqual([await secretNames(project), await podIds(project)], [["greeter-pull"], pods]);
      });

      await t.test("without a login, the error says who may log in, and nothing changes", async () => {
        project.configure({ ...config, image, registry: { url: `${host}/greeter` } });
        assert.match(
          await project.fails(...up),
          new RegExp(`nobody is logged in to the registry ${host}, .*Run docker login ${host}`),
        );
        assert.deepEqual([await secretNames(project), await podIds(project)], [["greeter-pull"], pods]);
        await configure({});
      });
    });
  },
);
