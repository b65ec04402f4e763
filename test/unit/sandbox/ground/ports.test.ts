import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { holderOf } from "../../../sandbox/ground/ports";

test("a free port has no holder, a taken one is told with its process", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const holder = await holderOf(address.port);
  server.close();
  await once(server, "close");
  assert.match(holder ?? "", new RegExp(`^\\S.* \\(pid ${String(process.pid)}\\)$`));
  assert.equal(await holderOf(address.port), undefined);
});
