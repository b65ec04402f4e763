import assert from "node:assert/strict";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { failedStep } from "../../../../../infra/image/builder/build-log";
import { commandsIn } from "../../../../support/commands";
import { setVariable } from "../../../../support/variables";
import { directoryWith } from "../../../../support/files";

const context = "/project/node_modules/.cache/ping/dev/ping/context";

/** Makes buildx's folder, with these builds of contexts in it: ref → folder. */
function buildxWith(t: TestContext, instance: object, builds: Readonly<Record<string, string>>): string {
  const refs: [string, string][] = Object.entries(builds).map(([ref, LocalPath]) => [
    `refs/mine/mine0/${ref}`,
    JSON.stringify({ Target: "default", LocalPath, DockerfilePath: "/project/app/Dockerfile" }),
  ]);
  const folder = directoryWith(t, { ...Object.fromEntries(refs), "instances/mine": JSON.stringify(instance) });
  setVariable(t, "BUILDX_CONFIG", folder);
  return folder;
}

/** A protobuf field with a length. */
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const size = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes]);
}

const cached = Buffer.from([(4 << 3) | 0, 1]);
const vertex = (digest: string, name: string, error: string) =>
  field(1, Buffer.concat([field(1, digest), field(2, "an input"), field(3, name), cached, field(7, error)]));
const log = (digest: string, text: string) =>
  field(3, Buffer.concat([field(1, digest), field(2, "a time"), Buffer.from([(3 << 3) | 0, 2]), field(4, text)]));

/** A BuildKit that tells the status of a build, one answer after the other. */
async function buildkit(t: TestContext, answers: readonly Buffer[]): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = new Server();
  const identity = (bytes: Buffer) => bytes;
  const service = {
    Status: {
      path: "/moby.buildkit.v1.Control/Status",
      requestStream: false,
      responseStream: true,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  };
  server.addService(service, {
    Status(call: ServerWritableStream<Buffer, Buffer>) {
      asked.push(call.request.subarray(2).toString());
      answers.forEach((answer) => call.write(answer));
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  t.after(() => server.forceShutdown());
  return { address: `tcp://127.0.0.1:${port}`, asked };
}

const remote = (Endpoint: string) => ({ Name: "mine", Driver: "remote", Nodes: [{ Name: "mine0", Endpoint }] });

test("a remote builder tells what the failed step of the context's last build printed", async (t) => {
  const { address, asked } = await buildkit(t, [
    Buffer.concat([vertex("sha256:a", "[1/2] COPY . .", ""), log("sha256:a", "copied\n")]),
    Buffer.concat([vertex("sha256:b", "[2/2] RUN go build", ""), log("sha256:b", "# ping\n./main.go:1:1: und")]),
    Buffer.concat([log("sha256:b", "efined: x\n"), log("sha256:c", "too\n")]),
    vertex("sha256:c", "[arm64 2/2] RUN go build", "process did not complete: context canceled"),
    vertex("sha256:b", "[2/2] RUN go build", "process did not complete successfully: exit code: 1"),
  ]);
  const folder = buildxWith(t, remote(address), { earlier: context, mine: context, other: "/other" });
  const at = (ref: string, seconds: number) => fs.utimesSync(path.join(folder, "refs/mine/mine0", ref), 0, seconds);
  at("earlier", 1);
  at("mine", 2);
  at("other", 3);
  const message = "the build failed at\n[2/2] RUN go build:\n# ping\n./main.go:1:1: undefined: x";
  assert.equal(await failedStep(context, 0), message);
  assert.deepEqual(asked, ["mine"]);
  assert.equal(await failedStep(context, 2500), undefined, "no build has started since");
});

test("of a long output, the last lines are shown", async (t) => {
  const lines = Array.from({ length: 300 }, (_, index) => `line ${index}\n`);
  const { address } = await buildkit(t, [
    ...lines.map((line) => log("sha256:a", line)),
    vertex("sha256:a", "RUN make", "exit code: 2"),
  ]);
  buildxWith(t, remote(address), { mine: context });
  const message = await failedStep(context, 0);
  assert.equal(message, `the build failed at\nRUN make:\n${lines.slice(-20).join("").trimEnd()}`);
});

test("a build without a failed step has nothing to show", async (t) => {
  const { address } = await buildkit(t, [
    Buffer.concat([vertex("sha256:a", "RUN make", ""), log("sha256:a", "made\n")]),
  ]);
  buildxWith(t, remote(address), { mine: context });
  assert.equal(await failedStep(context, 0), undefined);
  assert.equal(await failedStep("/elsewhere", 0), undefined);
});

// What docker buildx history logs prints to its standard error.
const plainLog = `#5 [2/2] RUN go build
#5 0.960 # ping
#5 ERROR: process "/bin/sh -c go build" did not complete successfully: exit code: 1
------
 > [2/2] RUN go build:
0.960 # ping
0.960 ./main.go:1:1: undefined: x
------
`;

test("docker is asked about every other builder, and if it can't tell, the message says how to ask", async (t) => {
  const container = { Name: "mine", Driver: "docker-container", Nodes: [{ Name: "mine0", Endpoint: "unix:///x" }] };
  const folder = buildxWith(t, container, { mine: context });
  const docker = commandsIn(t, { docker: `echo "$@" >${folder}/asked\ncat >&2 <<'E'\n${plainLog}E` });
  setVariable(t, "PATH", `${docker}:${process.env["PATH"]}`);
  const message = "the build failed at\n[2/2] RUN go build:\n0.960 # ping\n0.960 ./main.go:1:1: undefined: x";
  assert.equal(await failedStep(context, 0), message);
  assert.equal(
    fs.readFileSync(path.join(folder, "asked"), "utf8"),
    "buildx history logs --builder mine --progress plain mine\n",
  );

  setVariable(t, "PATH", folder);
  assert.equal(
    await failedStep(context, 0),
    "the builder doesn't say why the build failed: spawn docker ENOENT\n" +
      "docker buildx history logs --builder mine mine shows its log.",
  );
});
