import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Job } from "../../../../delivery/github/job";
import { attest } from "../../../../delivery/proof/attest";
import { verify } from "../../../../delivery/proof/verify";
import type { Command } from "../../../../delivery/run";
import { type Answer, fakeRun } from "../fake-run";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const repository = "registry.example.com/ping";
const image = `${repository}@${digest("a")}`;
const registry = "https://registry.example.com/v2/ping";
const golang = `docker-image://registry.example.com/golang@${digest("e")}`;
const [amd64, arm64, commit] = [digest("b"), digest("c"), "d".repeat(40)];
const job: Job = {
  repository: "https://github.com/example/ping",
  path: ".github/workflows/deploy.yml",
  ref: "refs/heads/main",
  workflow: "https://github.com/example/ping/.github/workflows/deploy.yml@refs/heads/main",
  run: "https://github.com/example/ping/actions/runs/42/attempts/1",
};

/** The stack in its own state, with its outputs. */
const stackResource = {
  type: "pulumi:pulumi:Stack",
  outputs: { image, platforms: { "linux/amd64": amd64, "linux/arm64": arm64 }, namespace: "ping-dev" },
};

/** Something that is attached to an image. */
interface Attached {
  readonly image: string;
  readonly type: string;
  /** Whose signature it has, as cosign's options say. */
  readonly signer: string;
  readonly predicate: unknown;
}

/** A registry, a stack, and cosign and syft, as far as attesting and verifying see them. */
class World {
  readonly attached: Attached[] = [];
  readonly commands: string[] = [];
  resources: unknown[] = [
    stackResource,
    { type: "docker-build:index:Image", inputs: { context: { named: { "golang:1.26": { location: golang } } } } },
  ];
  /** What the envelopes are about, if it isn't the image that is asked for. */
  subject: string | undefined;
  /** How a registry answers that has nothing about the image, as cosign logs it. */
  answers = [`404 ${registry}/referrers/${digest("a")}`, `404 ${registry}/manifests/sha256-${"a".repeat(64)}`];
  /** What cosign says where it verifies nothing. */
  reason = "no matching attestations: ";

  readonly run = fakeRun((text, command) => {
    this.commands.push(command.slice(0, 2).join(" "));
    return this.answer(text, command);
  });

  private answer(text: string, command: Command): Answer | undefined {
    const option = (name: string) => command[command.indexOf(`--${name}`) + 1] ?? "";
    switch (command.slice(0, 2).join(" ")) {
      case "git rev-parse":
        return `${commit}\n`;
      case "pulumi stack":
        assert.equal(text, "pulumi stack export --stack dev");
        return JSON.stringify({ deployment: { resources: this.resources } });
      case "syft scan": {
        const [, file = ""] = /^spdx-json=(.*)$/.exec(option("output")) ?? [];
        writeFileSync(file, JSON.stringify({ of: command[2] }));
        return undefined;
      }
      case "cosign public-key":
        writeFileSync(option("outfile"), `${option("key")}.pub`);
        return undefined;
      case "cosign attest": {
        const signer = command.includes("--key") ? `${option("key")}.pub` : job.workflow;
        assert.equal(text.includes("--use-signing-config=false --tlog-upload=false"), command.includes("--key"));
        const predicate: unknown = JSON.parse(readFileSync(option("predicate"), "utf8"));
        this.attached.push({ image: command.at(-1) ?? "", type: option("type"), signer, predicate });
        return undefined;
      }
      case "cosign verify-attestation":
        return this.verified(command, option);
      default:
        throw new Error(text);
    }
  }

  private verified(command: Command, option: (name: string) => string): Answer {
    const asked = command.at(-1) ?? "";
    const signer = command.includes("--key") ? readFileSync(option("key"), "utf8") : option("certificate-identity");
    if (!command.includes("--key")) {
      assert.equal(option("certificate-oidc-issuer"), "https://token.actions.githubusercontent.com");
    }
    const found = this.attached.filter(
      (each) => each.image === asked && each.type === option("type") && each.signer === signer,
    );
    if (found.length === 0) {
      assert.ok(command.includes("--verbose"));
      const log = this.answers.map((each) => `2026/11/29 01:02:03 <-- ${each} (1.5ms)\nHTTP/1.1 …\n`).join("");
      const said = `Error: ${this.reason}\nmain.go:74: error during command execution: ${this.reason}\n`;
      return { status: 1, stderr: `a warning\n${log}${said}` };
    }
    const lines = found.map(({ predicate }) => {
      const statement = { subject: [{ digest: { sha256: (this.subject ?? asked).split(":")[1] } }], predicate };
      return `${JSON.stringify({ payload: Buffer.from(JSON.stringify(statement)).toString("base64") })}\n`;
    });
    return lines.join("");
  }
}

const stated = {
  buildDefinition: {
    buildType: "https://actions.github.io/buildtypes/workflow/v1",
    externalParameters: { workflow: { ref: job.ref, repository: job.repository, path: job.path } },
    resolvedDependencies: [
      { uri: "git+https://github.com/example/ping@refs/heads/main", digest: { gitCommit: commit } },
      { name: "golang:1.26", uri: golang, digest: { sha256: "e".repeat(64) } },
    ],
  },
  runDetails: { builder: { id: job.workflow }, metadata: { invocationId: job.run } },
};

for (const [signing, key, signer] of [
  ["a job's workflow", undefined, job.workflow],
  ["a key", "cosign.key", "cosign.key.pub"],
] as const) {
  test(`an image gets an SBOM for each platform and then its provenance, signed by ${signing}`, async () => {
    const world = new World();
    assert.deepEqual(await attest({ stack: "dev", built: image, key }, job, world.run), { image, attached: true });
    const sbom = (of: string) => ({
      image,
      type: "spdxjson",
      signer,
      predicate: { of: `registry:${repository}@${of}` },
    });
    assert.deepEqual(world.attached, [
      sbom(amd64),
      sbom(arm64),
      { image, type: "slsaprovenance1", signer, predicate: stated },
    ]);
  });

  test(`an image that has both by ${signing} gets no more`, async () => {
    const world = new World();
    await attest({ stack: "dev", built: image, key }, job, world.run);
    const before = [...world.attached];
    assert.deepEqual(await attest({ stack: "dev", built: image, key }, job, world.run), { image, attached: false });
    assert.deepEqual(world.attached, before);
  });
}

test("a stack that built nothing attests nothing, and may run what was attested before", async () => {
  const world = new World();
  world.resources = [stackResource, { type: "kubernetes:apps/v1:Deployment" }];
  await assert.rejects(attest({ stack: "dev", built: image, key: undefined }, job, world.run), {
    message: "the stack dev has built no image, so nobody knows where its image comes from",
  });
  assert.deepEqual(world.attached, []);
  const before = new World();
  await attest({ stack: "dev", built: image, key: undefined }, job, before.run);
  before.resources = world.resources;
  assert.deepEqual(await attest({ stack: "dev", built: image, key: undefined }, job, before.run), {
    image,
    attached: false,
  });
});

test("a stack whose outputs don't tell what it runs, or are secrets, attests nothing", async () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };
  for (const outputs of [undefined, {}, { image }, { ...stackResource.outputs, image: secret }]) {
    const world = new World();
    world.resources = [{ ...stackResource, outputs }];
    await assert.rejects(attest({ stack: "dev", built: image, key: undefined }, job, world.run), {
      message:
        "the stack dev lacks one of the outputs image and platforms, or one is a secret, so nobody knows what it runs",
    });
    assert.deepEqual(world.commands, ["pulumi stack"]);
  }
});

test("an image that this run didn't build is signed by nobody, unless it has both already", async () => {
  const other = `${repository}@${digest("f")}`;
  for (const [built, what] of [
    [undefined, "no image"],
    [other, other],
  ] as const) {
    const world = new World();
    await assert.rejects(attest({ stack: "dev", built, key: undefined }, job, world.run), {
      message:
        `dev runs ${image}, which this run didn't build: ${what} is what it built. Nobody knows who did, so it isn't ` +
        "signed. release.ts --signed builds such an image anew.",
    });
    assert.deepEqual(world.attached, []);
    await attest({ stack: "dev", built: image, key: undefined }, job, world.run);
    const again = await attest({ stack: "dev", built, key: undefined }, job, world.run);
    assert.deepEqual(again, { image, attached: false });
  }
});

const listed = `200 ${registry}/referrers/${digest("a")}`;
const [blob, ping] = [`${registry}/blobs/${digest("1")}`, "https://registry.example.com/v2/"];
const faults: Readonly<Record<string, { reason?: string; answers: string[]; told: string }>> = {
  "the role may not read attestations": { answers: [listed, `403 ${blob}`], told: `${blob}: 403` },
  "it may not list them": { answers: [`403 ${registry}/referrers/x`], told: `${registry}/referrers/x: 403` },
  "another host than the registry's refuses them": {
    answers: [listed, `307 ${blob}`, "403 https://s3.example.com/1?X-Amz-Signature=s3cret"],
    told: "https://s3.example.com/1: 403",
  },
  "the registry has too many requests": { answers: [listed, `429 ${blob}`], told: `${blob}: 429` },
  "the registry can't be reached": {
    answers: [`dial tcp 127.0.0.1:1: connect: connection refused GET ${ping}`],
    told: `${ping}: dial tcp 127.0.0.1:1: connect: connection refused`,
  },
  "the connection breaks": { answers: [listed, `EOF GET ${blob}`], told: `${blob}: EOF` },
  "cosign asked nothing": { answers: [], told: "what refers to it: it was never asked for" },
  "cosign gives another reason": {
    reason: "getting trusted root: EOF",
    answers: [],
    told: "getting trusted root: EOF",
  },
};

for (const [what, { reason, answers, told }] of Object.entries(faults)) {
  test(`where ${what}, nobody knows whether an image is attested, so that nothing is signed and nothing deployed`, async () => {
    const world = new World();
    Object.assign(world, { answers, ...(reason && { reason }) });
    const error = { message: `cosign can't look for what is signed about ${image}: ${told}` };
    await assert.rejects(attest({ stack: "dev", built: image, key: undefined }, job, world.run), error);
    await assert.rejects(verify(world.run, image, job, undefined), error);
    assert.deepEqual(world.attached, []);
  });
}

test("a statement that cosign can't read is an error of its own", async () => {
  const world = new World();
  world.answers = [listed, `200 ${blob}`];
  await assert.rejects(attest({ stack: "dev", built: image, key: undefined }, job, world.run), {
    message:
      `the registry has something signed about ${image} that cosign can't read. Try again. If it stays, cosign tree ${image} ` +
      "lists it: delete what is broken.",
  });
});

test("an image without a good signature is attested, also if a request was sent twice or the registry lists nothing", async () => {
  for (const [reason, ...answers] of [
    ["no matching attestations: invalid signature", `401 ${ping}`, listed, `503 ${blob}`, `200 ${blob}`],
    ["none of the attestations matched the predicate type: spdxjson, found: x", listed, `200 ${blob}`],
    ["no matching attestations: ", `EOF GET ${ping}`, `400 ${registry}/referrers/x`, `404 ${registry}/manifests/x`],
  ]) {
    const world = new World();
    Object.assign(world, { answers, reason });
    const { attached } = await attest({ stack: "dev", built: image, key: undefined }, job, world.run);
    assert.ok(attached);
  }
});

/** The whole error about an image that isn't deployed. */
const refusal = (what: string, reason: string) => ({
  message:
    `${image} has no ${what} that is signed by ${job.workflow}: ${reason}. It isn't deployed, because nobody knows who ` +
    "built it. Deploy an image that the workflow released to staging. If this is one, run its job staging again, which " +
    "attaches what is missing.",
});

test("an image that this repository's workflow built is verified", async () => {
  const world = new World();
  await attest({ stack: "dev", built: image, key: undefined }, job, world.run);
  await verify(world.run, image, job, undefined);
});

test("an image that lacks one of both is refused", async () => {
  const world = new World();
  await assert.rejects(
    verify(world.run, image, job, undefined),
    refusal("build provenance", "no matching attestations"),
  );
  world.attached.push({ image, type: "slsaprovenance1", signer: job.workflow, predicate: stated });
  await assert.rejects(verify(world.run, image, job, undefined), refusal("SBOM", "no matching attestations"));
});

test("provenance of another repository, of another workflow, of another form or about another image is refused", async () => {
  const elsewhere = structuredClone(stated);
  elsewhere.buildDefinition.externalParameters.workflow.repository = "https://github.com/fork/ping";
  const otherwise = structuredClone(stated);
  otherwise.runDetails.builder.id = "by hand";
  for (const [predicate, reason] of [
    [elsewhere, "it was built in https://github.com/fork/ping, and this is https://github.com/example/ping"],
    [otherwise, `by hand built it, and ${job.workflow} must have`],
    [{}, "it isn't what delivery/cli/attest.ts writes"],
  ] as const) {
    const world = new World();
    world.attached.push({ image, type: "slsaprovenance1", signer: job.workflow, predicate });
    await assert.rejects(verify(world.run, image, job, undefined), refusal("build provenance", reason));
  }
  const world = new World();
  await attest({ stack: "dev", built: image, key: undefined }, job, world.run);
  world.subject = `${repository}@${digest("f")}`;
  await assert.rejects(
    verify(world.run, image, job, undefined),
    refusal("build provenance", "what is signed there is about another image"),
  );
});

test("an image by tag isn't verified, because the tag may mean another one by then", async () => {
  const world = new World();
  await assert.rejects(verify(world.run, `${repository}:latest`, job, undefined), {
    message: `${repository}:latest is no image by digest, such as registry.example.com/ping@sha256:…`,
  });
  assert.deepEqual(world.commands, []);
});
