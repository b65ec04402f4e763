import assert from "node:assert/strict";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import { manifestDigest } from "../../../../infra/image/manifest-digest";
import { listen, unusedPort } from "../../servers";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
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

/** What a server is asked, and what it answers: status and headers, or a body. */
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

const found: ReturnType<Answering> = [200, { "docker-content-digest": digest }];
const head = { method: "HEAD", url: "/v2/a/golang/manifests/1.26", accept };

test("a registry that anybody may read is asked once, and gets no login", async (t) => {
  const { repository, asked } = await serve(t, () => found);
  assert.equal(await manifestDigest(repository, "1.26", login), digest);
  assert.deepEqual(asked, [{ ...head, authorization: undefined }]);
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
    assert.equal(await manifestDigest(repository, "1.26", given), digest);
    assert.deepEqual(asked, [
      { ...head, authorization: undefined },
      {
        method: "GET",
        url: "/token?x=1&service=a+b&scope=repository%3Aa%2Fgolang%3Apull",
        accept: undefined,
        authorization,
      },
      { ...head, authorization: "Bearer t0/k=" },
    ]);
  });
}

test("a registry that wants a login gets it", async (t) => {
  const { repository, asked } = await serve(t, ({ authorization }) =>
    authorization === basic ? found : [401, { "www-authenticate": 'Basic realm="ecr"' }],
  );
  assert.equal(await manifestDigest(repository, "1.26", login), digest);
  assert.deepEqual(asked, [
    { ...head, authorization: undefined },
    { ...head, authorization: basic },
  ]);
});

test("what goes wrong is an error with what was asked", async (t) => {
  const wantsToken =
    (realm: string, token: ReturnType<Answering> = [403]): Answering =>
    ({ url }, host) =>
      url === "/token" ? token : [401, { "www-authenticate": `Bearer realm="${realm.replace("HOST", host)}"` }];
  const cases: [Answering, string][] = [
    [() => [404], "HEAD URL gave 404"],
    [() => [429], "HEAD URL gave 429"],
    [() => [401, { "www-authenticate": "Basic" }], "HEAD URL gave 401"],
    [() => [200], "HEAD URL gave no digest"],
    [() => [200, { "docker-content-digest": "md5:0" }], "HEAD URL gave no digest"],
    [
      wantsToken("http://auth.example/token"),
      'the registry sends for a token to "http://auth.example/token", which isn\'t an https URL',
    ],
    [wantsToken("token"), 'the registry sends for a token to "token", which isn\'t an https URL'],
    [wantsToken("http://HOST/token"), "GET http://HOST/token gave 403"],
    [wantsToken("http://HOST/token", [200, {}, "{}"]), "GET http://HOST/token gave no token"],
    [wantsToken("http://HOST/token", [200, {}, "<html>"]), "GET http://HOST/token gave no token"],
  ];
  for (const [answer, message] of cases) {
    const { host, repository } = await serve(t, answer);
    const url = `http://${host}/v2/a/golang/manifests/1.26`;
    await assert.rejects(manifestDigest(repository, "1.26", undefined), {
      message: message.replace("HEAD URL", `HEAD ${url}`).replace("HOST", host),
    });
  }
});

test("a registry that is down is an error with the reason", async () => {
  const host = `127.0.0.1:${await unusedPort()}`;
  await assert.rejects(manifestDigest({ name: `${host}/golang`, host, path: "golang" }, "1", undefined), {
    message: `HEAD http://${host}/v2/golang/manifests/1 gave connect ECONNREFUSED ${host}`,
  });
});
