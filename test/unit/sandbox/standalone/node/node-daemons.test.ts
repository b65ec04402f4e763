import assert from "node:assert/strict";
import { test } from "node:test";
import { inSandboxDirectory } from "../../../../sandbox/ground/paths";
import { firstNode, inNodeDirectory, secondNode } from "../../../../sandbox/network/cluster-node";
import { nodeConfigurations, nodeDaemons } from "../../../../sandbox/standalone/node/node-daemons";
import { commandsIn } from "../../../../support/commands";
import { setVariable } from "../../../../support/variables";

const nodes = [firstNode, secondNode];

test("each node has its own daemons, files, address, pods and zone, and shares the registry's file alone", (t) => {
  setVariable(t, "PATH", commandsIn(t, { ptp: "" }));
  const [first = {}, second = {}] = nodes.map(nodeConfigurations);
  const shared = Object.keys(first).filter((file) => file in second);
  assert.deepEqual(shared, [inSandboxDirectory("registries", "localhost:15000", "hosts.toml")]);
  for (const node of nodes) {
    const own = [...nodeDaemons(node).flatMap(({ argv }) => argv), ...Object.values(nodeConfigurations(node))].join(
      "\n",
    );
    for (const each of nodes) {
      for (const part of [
        `"address":"${each.address}"`,
        each.podCidr,
        each.zone,
        inNodeDirectory(each, "containerd.sock"),
      ]) {
        assert.equal(own.includes(part), each === node, `${part} in what ${node.name} runs`);
      }
    }
  }
});

test("a node's name fits the link that is called after it", () => {
  for (const { name } of nodes) {
    assert.ok(name.length <= 15, name);
  }
});
