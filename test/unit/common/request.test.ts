import assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import { test } from "node:test";
import { request } from "../../../common/request";
import { setVariable } from "../../support/variables";
import { listen, unusedPort } from "../../support/servers";

test("the answer is status, headers and the whole body", async (t) => {
  const server = http.createServer(({ method, headers }, response) => {
    response.writeHead(418, { "x-method": method });
    response.write(String(headers["x-one"]));
    setImmediate(() => response.end(" and more"));
  });
  const url = new URL(`http://127.0.0.1:${await listen(t, server)}/`);
  const { status, headers, body } = await request("GET", url, { "x-one": "1" });
  assert.deepEqual([status, headers["x-method"], body], [418, "GET", "1 and more"]);
});

test("no answer is an error with the reason alone", async (t) => {
  const silent = await listen(t, net.createServer());
  await assert.rejects(request("GET", new URL(`http://127.0.0.1:${silent}/`), {}, 50), {
    message: "no answer within 0.05 s",
  });
  const closed = await unusedPort();
  await assert.rejects(request("HEAD", new URL(`http://127.0.0.1:${closed}/`)), {
    message: `connect ECONNREFUSED 127.0.0.1:${closed}`,
  });
});

test("an answer that stops in its middle is an error", async (t) => {
  const server = http.createServer((_, response) => response.writeHead(200).write("half"));
  const url = new URL(`http://127.0.0.1:${await listen(t, server)}/`);
  t.after(() => server.closeAllConnections());
  await assert.rejects(request("GET", url, {}, 100), { message: "no answer within 0.1 s" });
});

test("a proxy is used, or else the error says which Node.js can", async (t) => {
  const asked: string[] = [];
  const proxy = http.createServer().on("connect", ({ url = "" }: http.IncomingMessage, socket: net.Socket) => {
    asked.push(url);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  setVariable(t, "HTTPS_PROXY", `http://127.0.0.1:${await listen(t, proxy)}`);
  const hint = "(Node.js uses a proxy only from 22.21 and 24.5 on)";
  await assert.rejects(request("GET", new URL("https://registry.invalid/"), {}, 2000), ({ message }: Error) => {
    assert.deepEqual(asked, message.endsWith(hint) ? [] : ["registry.invalid:443"]);
    return true;
  });
});
