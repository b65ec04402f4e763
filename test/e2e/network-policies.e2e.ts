import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { inNode } from "../sandbox/machine";
import { missingModules } from "../sandbox/network-policies";
import { eventually } from "./eventually";
import { execute } from "./execute";
import { type Project, withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

/** A port that the service's policy doesn't mention. */
const otherPort = 9999;

/** The addresses of a project's pods. */
async function podAddresses(project: Project): Promise<string[]> {
  const { items } = await project.get<{ items: { status: { podIP: string } }[] }>("pods");
  return items.map(({ status }) => status.podIP);
}

/** The arguments that run a command on the network of the pod with this address. */
const inPod = (address: string, argv: readonly string[]): [string, ...string[]] => {
  const enter = `for each in /run/netns/*; do
    if nsenter --net=$each ip -4 -oneline address | grep -qF ' ${address}/'; then exec nsenter --net=$each "$@"; fi
  done; echo 'no pod has ${address}' >&2; exit 1`;
  return inNode(["/bin/sh", "-c", enter, "in-pod", ...argv]);
};

/** curl's exit status for a connection that was refused, which is how a policy's enforcement answers. */
const refused = 7;

/** How a connection from a pod ends: curl's exit status, 0 for any answer. */
async function connect(from: string, to: string, port: number): Promise<number> {
  const { status } = await execute(
    inPod(from, [
      "curl",
      "--silent",
      "--http0.9",
      "--max-time",
      "5",
      "--output",
      "/dev/null",
      `http://${to}:${String(port)}/`,
    ]),
  );
  return status;
}

/** Waits until a connection ends so: a policy is enforced a moment after it is there. */
const ends = (what: string, status: number, ...connection: Parameters<typeof connect>): Promise<true> =>
  eventually(what, async () => ((await connect(...connection)) === status ? true : undefined));

const missing = missingModules();
const skip = missing.length > 0 && `the kernel can't enforce network policies: it lacks ${missing.join(", ")}`;

test(
  "a pod reaches what egress allows and nothing else, and is reached on the service's port alone",
  { skip },
  async () => {
    const env = await sandboxEnvironment();
    await withProject("e2e-policies-servers", env, {}, async (servers) => {
      await servers.up();
      const [allowed = "", forbidden = ""] = await podAddresses(servers);
      const egress = [{ cidr: `${allowed}/32` }];
      await withProject("e2e-policies-client", env, { replicas: { min: 1, max: 1 }, egress }, async (client) => {
        await client.up();
        const [from = ""] = await podAddresses(client);

        await ends("the way to the pod that egress allows", 0, from, allowed, 8080);
        await ends("the refusal of the way to the other pod", refused, from, forbidden, 8080);

        const answer = `require("node:net").createServer((socket) => socket.end("hello")).listen(${String(otherPort)})`;
        const [file, ...args] = inPod(allowed, [process.execPath, "-e", answer]);
        const listener = spawn(file, args, { stdio: "inherit", detached: true });
        try {
          // From the pod itself no policy is in the way: the listener is up.
          await ends("the listener", 0, allowed, "127.0.0.1", otherPort);
          await ends("the refusal of the way to a port that isn't the service's", refused, from, allowed, otherPort);
          // Without the servers' policy both ways are open, but for what the client's own still forbids.
          await servers.kubectl("delete", "networkpolicy", "--all");
          await ends("the way to the other port without a policy", 0, from, allowed, otherPort);
          assert.equal(await connect(from, forbidden, 8080), refused);
          await client.kubectl("delete", "networkpolicy", "--all");
          await ends("the way to the other pod without a policy", 0, from, forbidden, 8080);
        } finally {
          if (listener.pid !== undefined) {
            process.kill(-listener.pid, "SIGKILL");
          }
        }
      });
    });
  },
);
