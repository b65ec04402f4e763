import assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import { test } from "node:test";
import { connect, get, isProxied } from "../../../common/preflight";
import { listen, unusedPort } from "../../support/servers";

test("connect finds what listens, under an address and under a name", async (t) => {
  const port = await listen(t, net.createServer());
  assert.equal(await connect(new URL(`https://127.0.0.1:${port}`)), undefined);
  assert.equal(await connect(new URL(`http://localhost:${port}`)), undefined);
});

test("connect tells why where nothing listens", async () => {
  const port = await unusedPort();
  assert.equal(await connect(new URL(`https://127.0.0.1:${port}`)), `connect ECONNREFUSED 127.0.0.1:${port}`);
  assert.match((await connect(new URL(`https://localhost:${port}`))) ?? "", /ECONNREFUSED 127\.0\.0\.1/);
});

test("get returns whatever status comes", async (t) => {
  const server = http.createServer((request, response) => response.writeHead(request.url === "/v2/" ? 401 : 503).end());
  const port = await listen(t, server);
  assert.equal(await get(new URL(`http://127.0.0.1:${port}/v2/`)), 401);
  assert.equal(await get(new URL(`http://127.0.0.1:${port}/`)), 503);
});

test("get tells why where nothing or something else listens", async (t) => {
  const port = await unusedPort();
  assert.equal(await get(new URL(`http://127.0.0.1:${port}/`)), `connect ECONNREFUSED 127.0.0.1:${port}`);
  const other = await listen(
    t,
    net.createServer((socket) => socket.end("hello\n")),
  );
  assert.match(String(await get(new URL(`http://127.0.0.1:${other}/`))), /Parse Error/);
});

test("a server that accepts and never answers is given up on", async (t) => {
  const port = await listen(t, net.createServer());
  assert.equal(await get(new URL(`http://127.0.0.1:${port}/`), 50), "no answer within 0.05 s");
});

test("a proxy counts for its own protocol and never for the loopback", () => {
  const table: [string, NodeJS.ProcessEnv, boolean][] = [
    ["https://example.com", { HTTPS_PROXY: "http://proxy" }, true],
    ["https://example.com", { https_proxy: "http://proxy" }, true],
    ["https://example.com", { HTTP_PROXY: "http://proxy" }, false],
    ["https://example.com", { HTTPS_PROXY: "" }, false],
    ["https://example.com", {}, false],
    ["http://example.com", { HTTP_PROXY: "http://proxy" }, true],
    ["http://example.com", { HTTPS_PROXY: "http://proxy" }, false],
    ["https://127.0.0.1:16443", { HTTPS_PROXY: "http://proxy" }, false],
    ["https://[::1]:16443", { HTTPS_PROXY: "http://proxy" }, false],
    ["http://localhost:15000", { HTTP_PROXY: "http://proxy" }, false],
  ];
  for (const [url, environment, proxied] of table) {
    assert.equal(isProxied(new URL(url), environment), proxied, `${url} ${JSON.stringify(environment)}`);
  }
});
