import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { putCommand } from "../support/commands";
import { directoryWith } from "../support/files";
import { OwnBuilder } from "../support/own-builder";
import { type Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { greeterConfig } from "./fixtures/greeter-config";
import { needs } from "./needs";
import { PasswordRegistry } from "./registries/password-registry";

/** A config of Docker, and with it a credential helper `docker-credential-e2e` that has the logins of these registries. */
class Docker {
  readonly directory: string;

  constructor(t: TestContext, registries: readonly PasswordRegistry[]) {
    this.directory = directoryWith(t);
    const list = Object.fromEntries(registries.map(({ host, username }) => [`https://${host}`, username]));
    const cases = registries.map(({ host, username, password }) => {
      const login = JSON.stringify({ ServerURL: host, Username: username, Secret: password });
      return `  ${host}|https://${host}) echo '${login}';;`;
    });
    const helper = [`[ "$1" = list ] && echo '${JSON.stringify(list)}' && exit`, 'case "$(cat)" in', ...cases];
    const missing = "  *) echo 'credentials not found in native keychain'; exit 1;;";
    putCommand(this.directory, "docker-credential-e2e", [...helper, missing, "esac"].join("\n"));
    this.configure({});
  }

  configure(config: object): void {
    writeFileSync(join(this.directory, "config.json"), JSON.stringify(config), { mode: 0o600 });
  }
}

test(
  "docker login is all that a person needs to deploy to a registry with a password",
  { skip: needs("standalone", "a node in Docker can't pull from its registry on the machine's loopback") },
  async (t) => {
    const registry = await PasswordRegistry.create("hush-hush-own", true);
    const mirror = await PasswordRegistry.create("hush-hush-base");
    t.after(() => {
      registry.stop();
      mirror.stop();
    });
    const docker = new Docker(t, [registry, mirror]);
    const sandbox = await sandboxEnvironment();
    const env = { ...sandbox, DOCKER_CONFIG: docker.directory, PATH: `${docker.directory}:${sandbox["PATH"] ?? ""}` };
    // Of this run alone: what an earlier one has built would be found there.
    const url = `${registry.host}/e2e-docker-login-${Date.now()}/greeter`;
    const config = {
      ...greeterConfig,
      replicas: { min: 1, max: 1 },
      registry: { url },
    };
    const privateBase = { ...config, bases: { "golang:1.26": `${mirror.host}/library/golang:1.26` } };
    const [own, base] = [{ [registry.host]: { auth: registry.auth } }, { [mirror.host]: { auth: mirror.auth } }];

    await withProject("e2e-docker-login", env, privateBase, async (project) => {
      const useStackLogin = async (overrides: object) => {
        const { username, password } = registry;
        project.configure({ ...privateBase, registry: { url, username }, ...overrides });
        await project.pulumi("config", "set", "--secret", "--path", "registry.password", password);
      };

      await t.test("where nobody is logged in, the preview says so before a build", async () => {
        const said = await project.fails("preview");
        assert.ok(
          said.includes(
            `nobody is logged in to the registry ${registry.host}, which wants a login: GET http://${registry.host}/v2/ gave 401. Run docker login ${registry.host}, or set registry.username`,
          ),
          said,
        );
        assert.doesNotMatch(said, /docker-build:index:Image/);
      });

      await t.test("a private base image names the login that it wants, and not a registry to start", async () => {
        docker.configure({ auths: own });
        const said = await project.fails("preview");
        assert.match(
          said,
          new RegExp(
            `the base image golang:1.26 of .* gave 401. Run docker login ${mirror.host} if the image is there,`,
          ),
        );
        assert.doesNotMatch(said, /docker-build:index:Image|Start that registry/);
      });

      await t.test("the login pulls the base, pushes and reads back, and no state holds it", async () => {
        docker.configure({ auths: { ...own, ...base } });
        const { service } = await project.up();
        assert.equal(await project.request(service, "/"), "Hello\n");
        assert.ok((registry.admitted.get("buildkit") ?? 0) > 0, [...registry.admitted.keys()].join());
        await assertStateHides(project, registry, mirror);
        await project.pulumi(...up, "--expect-no-changes");
      });

      await t.test("a machine without that login, but with the stack's, builds nothing anew", async () => {
        docker.configure({ auths: base });
        await useStackLogin({});
        assert.equal(await buildStep(project), "same");
        await useStackLogin({ rebuild: "1" });
        await project.up();
      });

      await t.test("and one with a login builds nothing anew after that, in whatever helper the login is", async () => {
        docker.configure({ credHelpers: { [registry.host]: "e2e" }, credsStore: "e2e" });
        project.configure({ ...privateBase, rebuild: "1" });
        await project.up();
        assert.equal(await buildStep(project), "same");
        project.configure({ ...privateBase, rebuild: "2" });
        await project.up();
        await assertStateHides(project, registry, mirror);
      });
    });
  },
);

test(
  "a builder that doesn't reach the registry is told from a registry that is down",
  { skip: needs("standalone", "its own builder is a process of the machine, started as root") },
  async () => {
    const builder = await OwnBuilder.start(await sandboxEnvironment(), 64, true);
    try {
      // No registry has this content, so it must be built.
      const config = { ...greeterConfig, builder: OwnBuilder.builder, rebuild: "apart" };
      await withProject("e2e-builder", builder.env, config, async (project) => {
        const advice =
          "the builder doesn't reach the registry localhost:15000, and this machine does. In the builder's network, " +
          "localhost is the builder itself. Make a builder with this machine's network: docker buildx create";
        const base = await project.fails("preview");
        assert.match(base, /failed to resolve source metadata for localhost:15000/);
        assert.ok(base.includes(advice), base);
        writeFileSync(join(project.cwd, config.dockerfile), 'FROM scratch\nCOPY go.mod /\nENTRYPOINT ["/go.mod"]\n');
        project.configure({ ...config, bases: null });
        const push = await project.fails(...up);
        assert.match(push, /failed to push localhost:15000.*: connection refused/);
        assert.ok(push.includes(advice), push);
      });
    } finally {
      await builder.remove();
    }
  },
);

/** What the preview of an update does to the build. */
async function buildStep(project: Project): Promise<string | undefined> {
  const { steps } = JSON.parse(await project.pulumi("preview", "--json", "--show-sames")) as {
    steps: { op: string; urn: string }[];
  };
  return steps.find(({ urn }) => urn.includes("docker-build:index:Image"))?.op;
}

async function assertStateHides(project: Project, ...registries: PasswordRegistry[]): Promise<void> {
  const state = await project.pulumi("stack", "export", "--show-secrets");
  for (const secret of registries.flatMap(({ password, auth }) => [password, auth])) {
    assert.ok(!state.includes(secret), secret);
  }
}
