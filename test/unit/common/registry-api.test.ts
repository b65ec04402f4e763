import assert from "node:assert/strict";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { askRegistry, mayPush, RegistryError } from "../../../common/registry-api";
import { listen, unusedPort } from "../../support/servers";

const accept =
  "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " +
  "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
const login = { username: "me", password: "hush" };
const basic = "Basic bWU6aHVzaA==";

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly accept: string | undefined;
  readonly authorization: string | undefined;
}

/** What a server is asked, and what it answers: status, headers and body. */
type Answering = (asked: Asked, host: string) => [number, http.OutgoingHttpHeaders?, string?];

async function serve(t: TestContext, answer: Answering) {
  const asked: Asked[] = [];
  const server = http.createServer(({ method, url, headers }, response) => {
    const request = { method, url, accept: headers.accept, authorization: headers.authorization };
    asked.push(request);
    const [status, answered = {}, body = ""] = answer(request, String(headers.host));
    response.writeHead(status, answered).end(body);
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  return { host, asked, repository: { name: `${host}/a/golang`, host, path: "a/golang" } };
}

const found: ReturnType<Answering> = [200, { "x-found": "1" }, "{}"];
const manifest = { method: "GET", url: "/v2/a/golang/manifests/1.26", accept };

test("a registry that anybody may read is asked once, and gets no login", async (t) => {
  const { repository, asked } = await serve(t, () => found);
  const { status, headers, body } = await askRegistry("GET", repository, "manifests/1.26", login, text);
  assert.deepEqual([status, headers["x-found"], body], [200, "1", "{}"]);
  assert.deepEqual(asked, [{ ...manifest, authorization: undefined }]);
});

for (const [given, authorization] of [
  [undefined, undefined],
  [login, basic],
] as const) {
  test(`a registry that wants a token gets one, asked for ${given ? "with the login" : "by anybody"}`, async (t) => {
    const { repository, asked } = await serve(t, ({ url = "", authorization: sent }, host) => {
      const challenge = `Bearer realm="http://${host}/token?x=1",service="a b",scope="repository:a/golang:pull",error="no"`;
      if (url.startsWith("/token")) {
        return [200, {}, JSON.stringify({ [given ? "access_token" : "token"]: "t0/k=" })];
      }
      return sent === "Bearer t0/k=" ? found : [401, { "www-authenticate": challenge }];
    });
    assert.equal((await askRegistry("GET", repository, "manifests/1.26", given, text)).body, "{}");
    assert.deepEqual(asked, [
      { ...manifest, authorization: undefined },
      {
        method: "GET",
        url: "/token?x=1&service=a+b&scope=repository%3Aa%2Fgolang%3Apull",
        accept: undefined,
        authorization,
      },
      { ...manifest, authorization: "Bearer t0/k=" },
    ]);
  });
}

test("an identity token is exchanged for the registry's token, and sent nowhere else", async (t) => {
  const sent: string[] = [];
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const challenge = `Bearer realm="http://${headers.host}/token",service="it",scope="repository:a/golang:pull"`;
    void text(request).then((body) => {
      sent.push([method, url, headers.authorization ?? "", body].join(" ").trim());
      const status = url === "/token" || headers.authorization === "Bearer t0" ? 200 : 401;
      response.writeHead(status, { "www-authenticate": challenge }).end('{"access_token":"t0"}');
    });
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  const token = { username: "0", password: "hush", identityToken: true };
  await askRegistry("GET", { name: `${host}/a/golang`, host, path: "a/golang" }, "manifests/1.26", token, text);
  assert.deepEqual(sent, [
    "GET /v2/a/golang/manifests/1.26",
    "POST /token  service=it&scope=repository%3Aa%2Fgolang%3Apull&grant_type=refresh_token&client_id=ping&refresh_token=hush",
    "GET /v2/a/golang/manifests/1.26 Bearer t0",
  ]);
});

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
const access = (name: string, ...actions: string[]) => jwt({ access: [{ type: "repository", name, actions }] });

for (const [what, expected, status, token] of [
  ["a token for pulls alone", false, 200, access("a/golang", "pull")],
  ["a token for pushes", true, 200, access("a/golang", "pull", "push")],
  ["a token for everything", true, 200, access("a/golang", "*")],
  ["a token for pushes to another repository", false, 200, access("a/other", "push")],
  ["a token for nothing", false, 200, jwt({ access: [] })],
  ["a token that says nothing", true, 200, "opaque"],
  ["a token of another form", true, 200, jwt({ access: [{ Name: "a/golang" }] })],
  ["no token", false, 401, "none"],
  ["an error of the token's server", true, 500, "none"],
] as const) {
  test(`who gets ${what} ${expected ? "may" : "may not"} push`, async (t) => {
    const { repository, asked } = await serve(t, ({ url = "" }, host) => {
      const challenge = `Bearer realm="http://${host}/token",service="it",scope="repository:other:pull"`;
      return url === "/v2/" ? [401, { "www-authenticate": challenge }] : [status, {}, JSON.stringify({ token })];
    });
    assert.equal(await mayPush(repository, undefined), expected);
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/v2/", "/token?service=it&scope=repository%3Aa%2Fgolang%3Apull%2Cpush"],
    );
  });
}

test("a registry that gives no tokens says nothing of a push", async (t) => {
  for (const answer of [found, [401, { "www-authenticate": "Basic" }]] as const) {
    const { repository } = await serve(t, () => [...answer] as ReturnType<Answering>);
    assert.equal(await mayPush(repository, undefined), true);
  }
});

const wantsLogin: Answering = ({ authorization }) =>
  authorization === basic ? found : [401, { "www-authenticate": 'Basic realm="ecr"' }];

test("a registry that wants a login gets it", async (t) => {
  const { repository, asked } = await serve(t, wantsLogin);
  assert.equal((await askRegistry("HEAD", repository, "manifests/1.26", login, text)).status, 200);
  const head = { ...manifest, method: "HEAD" };
  assert.deepEqual(asked, [
    { ...head, authorization: undefined },
    { ...head, authorization: basic },
  ]);
});

test("a redirect to the registry itself takes the login along, and one to another host doesn't", async (t) => {
  const { repository, asked } = await serve(t, (request, host) => {
    const sentOn = wantsLogin(request, host)[0] === 200 && !request.url?.startsWith("/blobs/");
    return sentOn ? [307, { location: "/blobs/0" }] : wantsLogin(request, host);
  });
  assert.equal((await askRegistry("GET", repository, "blobs/sha256:0", login, text)).body, "{}");
  const blob = { method: "GET", url: "/v2/a/golang/blobs/sha256:0", accept: undefined };
  assert.deepEqual(asked, [
    { ...blob, authorization: undefined },
    { ...blob, authorization: basic },
    { ...blob, url: "/blobs/0", authorization: basic },
  ]);

  const closed = await unusedPort();
  const away = await serve(t, () => [302, { location: `https://127.0.0.1:${closed}/blob?signature=hush` }]);
  await assert.rejects(askRegistry("GET", away.repository, "blobs/sha256:0", login, text), {
    message:
      `GET http://${away.host}/v2/a/golang/blobs/sha256:0, sent on to https://127.0.0.1:${closed}, gave ` +
      `connect ECONNREFUSED 127.0.0.1:${closed}`,
  });
});

test("a reader may stop before a body's end", { timeout: 5000 }, async (t) => {
  const server = http.createServer((_, response) => response.writeHead(200).write("start of a body without an end"));
  const host = `127.0.0.1:${await listen(t, server)}`;
  const first = async (body: AsyncIterable<Buffer>) => {
    for await (const chunk of body) {
      return chunk.toString().slice(0, 5);
    }
    return undefined;
  };
  const repository = { name: `${host}/a`, host, path: "a" };
  assert.equal((await askRegistry("GET", repository, "blobs/sha256:0", login, first)).body, "start");
});

test("what goes wrong is an error with what was asked, the status and the registry's code", async (t) => {
  const wantsToken =
    (realm: string, token: ReturnType<Answering> = [403]): Answering =>
    ({ url }, host) =>
      url === "/token" ? token : [401, { "www-authenticate": `Bearer realm="${realm.replace("HOST", host)}"` }];
  const errors = (...codes: string[]) => JSON.stringify({ errors: codes.map((code) => ({ code, message: "a" })) });
  const cases: [Answering, string, number?, string?][] = [
    [() => [404], "GET URL gave 404", 404],
    [() => [404, {}, errors("NAME_UNKNOWN", "DENIED")], "GET URL gave 404 NAME_UNKNOWN", 404, "NAME_UNKNOWN"],
    [() => [403, {}, errors("DENIED")], "GET URL gave 403 DENIED", 403, "DENIED"],
    [() => [500, {}, errors()], "GET URL gave 500", 500],
    [() => [502, {}, "<html>"], "GET URL gave 502", 502],
    [() => [401, { "www-authenticate": "Basic" }], "GET URL gave 401", 401],
    [({ url = "" }) => [307, { location: `${url}x` }], "GET URL, sent on to http://HOST, gave 307", 307],
    [() => [307], "GET URL is sent on to undefined, which isn't an https URL"],
    [
      () => [307, { location: "http://elsewhere.example/blob?signature=hush" }],
      'GET URL is sent on to "http://elsewhere.example", which isn\'t an https URL',
    ],
    [
      wantsToken("http://auth.example/token"),
      'the registry sends for a token to "http://auth.example/token", which isn\'t an https URL',
    ],
    [wantsToken("token"), 'the registry sends for a token to "token", which isn\'t an https URL'],
    [wantsToken("http://HOST/token"), "GET http://HOST/token gave 403", 403],
    [wantsToken("http://HOST/token", [200, {}, "{}"]), "GET http://HOST/token gave no token", 200],
    [wantsToken("http://HOST/token", [200, {}, "<html>"]), "GET http://HOST/token gave no token", 200],
  ];
  for (const [answer, message, status, code] of cases) {
    const { host, repository } = await serve(t, answer);
    const url = `http://${host}/v2/a/golang/manifests/1.26`;
    await assert.rejects(askRegistry("GET", repository, "manifests/1.26", undefined, text), (error: unknown) => {
      assert.ok(error instanceof RegistryError);
      const told = message.replace("GET URL", `GET ${url}`).replace("HOST", host);
      assert.deepEqual([error.message, error.status, error.code], [told, status, code]);
      return true;
    });
  }
});

test("a registry that is down is an error with the reason", async () => {
  const host = `127.0.0.1:${await unusedPort()}`;
  await assert.rejects(
    askRegistry("HEAD", { name: `${host}/golang`, host, path: "golang" }, "manifests/1", undefined, text),
    {
      message: `HEAD http://${host}/v2/golang/manifests/1 gave connect ECONNREFUSED ${host}`,
      status: undefined,
    },
  );
});
