import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dockerGround } from "../../../sandbox/docker/docker-ground";
import type { Ground } from "../../../sandbox/ground/ground";
import { unusedPort } from "../../../support/servers";
import { FakeDocker } from "./fake-docker";

const { signal } = new AbortController();
const nothing = { containers: [], networks: [], volumes: [] };
const cache = "buildx_buildkit_ping-sandbox_state";
const all = ["buildx_buildkit_ping-sandbox", "ping-sandbox-control-plane", "ping-sandbox-registry"];

async function setUp(t: TestContext) {
  t.mock.method(process.stderr, "write", () => true);
  const fake = new FakeDocker(t);
  const [registry, apiServer, service] = await Promise.all([unusedPort(), unusedPort(), unusedPort()]);
  const ports = { registry, apiServer, service };
  const place = { env: fake.env, directory: fake.directory, ports };
  const ground: Ground = dockerGround(place, () => Promise.resolve());
  return { fake, ground, ports, again: () => dockerGround(place, () => Promise.resolve()) };
}

test("a start makes a cluster, a registry and a builder, with nothing that the user has", async (t) => {
  const { fake, ground, ports } = await setUp(t);
  assert.equal(await ground.isUp(), false);
  await ground.up(signal);
  const build = fake.changes();
  assert.deepEqual(build.toSorted(), [
    "docker buildx build --builder sandbox --progress plain --provenance false --build-arg SOURCE_DATE_EPOCH=0 --push" +
      ` --tag localhost:${ports.registry}/library/golang:1.26 ${join(__dirname, "../../../sandbox/docker/golang")}`,
    "docker buildx create --name sandbox --node ping-sandbox --driver docker-container --driver-opt network=host --bootstrap",
    'docker exec ping-sandbox-control-plane sh -c mkdir -p "$1" && echo "$2" > "$1/hosts.toml" sh' +
      ` /etc/containerd/certs.d/localhost:${ports.registry} [host."http://ping-sandbox-registry:5000"]`,
    "docker network connect kind ping-sandbox-registry",
    "docker run --detach --restart unless-stopped --name ping-sandbox-registry --label ping-sandbox.directory=RUN" +
      ` --publish 127.0.0.1:${ports.registry}:5000 --env REGISTRY_STORAGE_DELETE_ENABLED=true registry:3`,
    "kind create cluster --name ping-sandbox --kubeconfig RUN/kubeconfig --config RUN/kind.json",
  ]);
  assert.deepEqual(fake.contents(), { containers: all, networks: ["kind"], volumes: [cache] });
  assert.equal(readFileSync(join(fake.directory, "kubeconfig"), "utf8"), "current-context: sandbox\n");
  const { networking, nodes } = JSON.parse(readFileSync(join(fake.directory, "kind.json"), "utf8")) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [networking, nodes],
    [
      { apiServerAddress: "127.0.0.1", apiServerPort: ports.apiServer },
      [
        {
          role: "control-plane",
          labels: { "topology.kubernetes.io/zone": "zone-a" },
          extraPortMappings: [{ containerPort: 30080, hostPort: ports.service, listenAddress: "127.0.0.1" }],
        },
      ],
    ],
  );
  assert.equal(await ground.isUp(), true);
  assert.deepEqual(ground.variables(), { DOCKER_HOST: "unix:///var/run/docker.sock" });
});

test("the user's configuration of every builder is the sandbox's too", async (t) => {
  const { fake, ground } = await setUp(t);
  const file = join(String(fake.env["HOME"]), "buildkitd.default.toml");
  fake.set("buildkitd.default.toml");
  fake.env["BUILDX_CONFIG"] = String(fake.env["HOME"]);
  await ground.up(signal);
  assert.ok(fake.changes().some((call) => call.includes(`--buildkitd-config ${file} --bootstrap`)));
});

test("a second start changes nothing, and starts what a reboot has stopped", async (t) => {
  const { fake, ground, again } = await setUp(t);
  await ground.up(signal);
  fake.changes();
  await again().up(signal);
  const write = fake.changes();
  assert.deepEqual(
    write.filter((call) => !call.startsWith("docker exec")),
    [],
  );

  for (const name of all) {
    fake.set(`containers/${name}`, `${name}\texited\t${name.endsWith("registry") ? fake.directory : ""}\n`);
  }
  assert.equal(await ground.isUp(), false);
  await again().up(signal);
  assert.deepEqual(
    fake
      .changes()
      .filter((call) => !call.startsWith("docker exec"))
      .toSorted(),
    [
      "docker buildx inspect --bootstrap sandbox",
      "docker start ping-sandbox-control-plane",
      "docker start ping-sandbox-registry",
    ],
  );
  assert.equal(await ground.isUp(), true);
});

test("down removes all of it but the builder's cache, which goes with a purge", async (t) => {
  const { fake, ground } = await setUp(t);
  await ground.up(signal);
  await ground.down({ purge: false });
  assert.deepEqual([fake.contents(), existsSync(fake.directory)], [{ ...nothing, volumes: [cache] }, false]);
  await ground.down({ purge: true });
  assert.deepEqual(fake.contents(), nothing);
  await ground.up(signal);
  await ground.down({ purge: true });
  assert.deepEqual([fake.contents(), existsSync(fake.directory)], [nothing, false]);
});

test("down keeps a network that was there before, or that another cluster is in by now", async (t) => {
  const { fake, ground } = await setUp(t);
  fake.set("networks/kind");
  await ground.up(signal);
  await ground.down({ purge: true });
  assert.deepEqual(fake.contents(), { ...nothing, networks: ["kind"] });

  rmSync(join(String(fake.env["HOME"]), "networks/kind"));
  await ground.up(signal);
  fake.set("networks/kind", "other-control-plane\nping-sandbox-control-plane\nping-sandbox-registry\n");
  await ground.down({ purge: true });
  assert.deepEqual(fake.contents(), { ...nothing, networks: ["kind"] });
});

test("down does nothing, with a daemon or without, where there is no sandbox", async (t) => {
  const { fake, ground } = await setUp(t);
  await ground.down({ purge: true });
  fake.set("dead");
  await ground.down({ purge: true });
  fake.uninstall("docker");
  await ground.down({ purge: true });
  assert.deepEqual(fake.changes(), []);
});

test("a start that fails leaves nothing but the builder's cache", async (t) => {
  for (const fault of ["no-cluster", "no-hub"]) {
    const { fake, ground } = await setUp(t);
    fake.set(fault);
    await assert.rejects(ground.up(signal), /failed to (create cluster|resolve source metadata)/);
    assert.deepEqual([fake.contents(), existsSync(fake.directory)], [{ ...nothing, volumes: [cache] }, false]);
  }
});

test("what a sandbox without its directory left behind is made anew, another directory's is not touched", async (t) => {
  const { fake, ground } = await setUp(t);
  await ground.up(signal);
  rmSync(fake.directory, { recursive: true });
  fake.changes();
  await ground.up(signal);
  assert.equal(
    fake.changes()[0],
    `docker rm --force --volumes ${all.toReversed().join(" ")}`.replace(
      /(rm.*volumes).*/,
      "$1 ping-sandbox-registry ping-sandbox-control-plane buildx_buildkit_ping-sandbox",
    ),
  );

  await ground.down({ purge: true });
  fake.set("containers/ping-sandbox-registry", "ping-sandbox-registry\trunning\t/home/ann/.cache/ping-sandbox/run\n");
  fake.changes();
  await assert.rejects(ground.up(signal), {
    message:
      "this Docker daemon already has the sandbox of /home/ann/.cache/ping-sandbox/run, with the container " +
      "ping-sandbox-registry: stop that one first",
  });
  assert.deepEqual([fake.changes(), existsSync(fake.directory)], [[], false]);
});

test("all that is missing is named at once, before anything is made", async (t) => {
  const { fake, ground } = await setUp(t);
  fake.set("no-buildx");
  fake.set("kind-version", "0.26.0\n");
  fake.uninstall("kubectl");
  fake.uninstall("pulumi");
  fake.env["PATH"] = String(fake.env["PATH"]).split(":")[0];
  await assert.rejects(ground.up(signal), {
    message: `Docker is there, but not all that the sandbox needs beside it:
  docker buildx is missing: comes with Docker Desktop; the package docker-buildx or docker-buildx-plugin elsewhere
  kind 0.26.0 is too old, 0.27 is needed: brew install kind, or https://kind.sigs.k8s.io/docs/user/quick-start/#installation
  kubectl is missing: brew install kubectl, or https://kubernetes.io/docs/tasks/tools/
  pulumi is missing: brew install pulumi/tap/pulumi, or https://www.pulumi.com/docs/iac/download-install/
Or start the sandbox without Docker, on Linux as root: npm start -- --without-docker`,
  });
  assert.deepEqual([fake.changes(), fake.contents(), existsSync(fake.directory)], [[], nothing, false]);
});

test("a taken port is named with the container or the process that holds it, before anything is made", async (t) => {
  const { fake, ground, ports } = await setUp(t);
  const server = createServer().listen(ports.service, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const taken = `port ${ports.service} of 127.0.0.1, the sandbox's service port, is taken by`;
  await assert.rejects(ground.up(signal), {
    message: new RegExp(`^${taken} .*\\(pid ${process.pid}\\): stop it and start again$`),
  });
  fake.set("publishers", "web\n");
  await assert.rejects(ground.up(signal), {
    message: `${taken} the container web: docker stop web and start again`,
  });
  assert.deepEqual([fake.changes(), fake.contents(), existsSync(fake.directory)], [[], nothing, false]);
});

test("a daemon that stopped answering, or is on another machine, is named", async (t) => {
  const { fake, ground } = await setUp(t);
  await ground.up(signal);
  fake.set("dead");
  const message =
    "the sandbox is in the Docker daemon at unix:///var/run/docker.sock, which doesn't answer: " +
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
  await assert.rejects(ground.up(signal), { message });
  await assert.rejects(ground.down({ purge: false }), { message });

  const remote = await setUp(t);
  remote.fake.set("host", "ssh://ann@build.example.com\n");
  await assert.rejects(remote.ground.up(signal), /^Error: the Docker daemon is on another machine \(ssh:\/\/ann@build/);
  assert.deepEqual(remote.fake.changes(), []);
});

test("the machine's service port leads to the pods of the Service, by one NodePort, which stays", async (t) => {
  const { fake, ground } = await setUp(t);
  await ground.up(signal);
  fake.changes();
  let asked = 0;
  await ground.openService(
    { namespace: "ping-dev", service: "ping" },
    () => (++asked < 2 ? Promise.reject(new Error("503")) : Promise.resolve()),
    signal,
  );
  assert.equal(asked, 2);
  assert.deepEqual(fake.changes(), [
    "kubectl delete service ping-node-port --namespace ping-old",
    "kubectl apply --filename RUN/node-port.json",
  ]);
  assert.deepEqual(JSON.parse(readFileSync(join(fake.directory, "node-port.json"), "utf8")), {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "ping-node-port", namespace: "ping-dev", labels: { "ping-sandbox/node-port": "true" } },
    spec: {
      type: "NodePort",
      selector: { app: "ping" },
      ports: [{ port: 80, targetPort: "http", nodePort: 30080 }],
    },
  });
});
