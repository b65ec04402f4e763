import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { holderOf } from "../../../sandbox/ground/ports";
import { start } from "../../../support/servers";

test("a free port has no holder, a taken one is told with its process", async () => {
  const server = createServer();
  const port = await start(server);
  const holder = await holderOf(port);
  server.close();
  await once(server, "close");
  assert.match(holder ?? "", new RegExp(`^\\S.* \\(pid ${String(process.pid)}\\)$`));
  assert.equal(await holderOf(port), undefined);
});
