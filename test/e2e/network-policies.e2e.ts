import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { missingModules } from "../sandbox/standalone/node/network-policies";
import { withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { connect, ends, inPod, podAddresses, refused } from "./connections";
import { needs } from "./needs";

/** A port that the service's policy doesn't mention. */
const otherPort = 9999;

const missing = missingModules();
const skip =
  needs("standalone", "it enters the network namespaces of pods as root") ||
  (missing.length > 0 && `the kernel can't enforce network policies: it lacks ${missing.join(", ")}`);

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
