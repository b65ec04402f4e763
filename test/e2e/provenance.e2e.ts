import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parsePinned } from "../../common";
import { jobFromEnvironment } from "../../delivery/github";
import { provenance } from "../../delivery/proof";
import { checkout } from "../sandbox/ground/paths";
import { provenanceTools } from "../sandbox/toolchain/binaries";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { type Execution, succeed } from "../support/execute";
import { withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { withRefusals } from "./registries/refusing-registry";
import { type Descriptor, RegistryFiles } from "./registries/registry-files";
import { commit, deployed, script } from "./workflows/delivery-scripts";

/** The variables of a job of GitHub. */
const job = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/ping",
  GITHUB_WORKFLOW_REF: "example/ping/.github/workflows/deploy.yml@refs/heads/main",
  GITHUB_RUN_ID: "42",
  GITHUB_RUN_ATTEMPT: "1",
};
/** Whoever asks another machine than the registry fails. */
const offline = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" };

/** What cosign prints of a statement. */
interface Envelope {
  readonly payload: string;
}

interface Statement {
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[];
  readonly predicate: unknown;
}

interface Spdx {
  readonly packages: readonly { readonly name: string; readonly versionInfo?: string }[];
}

/** A signed statement with its signature, as cosign attaches it. */
interface Bundle {
  readonly dsseEnvelope: Envelope;
}

const decode = (payload: string) => Buffer.from(payload, "base64").toString();
const encode = (text: string) => Buffer.from(text).toString("base64");

test("prod runs what is proven to be built here, and nothing else", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-provenance-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const sandbox = await sandboxEnvironment();
  const [tools = ""] = await buildBinaries(new AbortController().signal, [provenanceTools]);
  const env = { ...sandbox, PATH: [tools, sandbox["PATH"]].join(":"), COSIGN_PASSWORD: "", SYFT_CACHE_DIR: directory };
  const cosign = (...args: string[]) => succeed(["cosign", ...args], { env: { ...env, ...offline } });
  const keyPair = async (name: string) => {
    const prefix = join(directory, name);
    await cosign("generate-key-pair", "--output-key-prefix", prefix);
    return { key: `${prefix}.key`, publicKey: `${prefix}.pub` };
  };
  const [own, other] = [await keyPair("own"), await keyPair("other")];
  // Of this run alone: an image of an earlier one may have attestations.
  const files = new RegistryFiles(`localhost:15000/e2e-provenance-${Date.now()}/ping`);
  const config = { registry: { url: files.repository }, replicas: { min: 1, max: 1 } };

  await withProject("e2e-built", env, config, (staging) =>
    withProject("e2e-promoted", env, { ...config, imageFrom: "e2e-built" }, async (prod) => {
      const release = (project: typeof staging, variables: NodeJS.ProcessEnv, ...args: string[]) =>
        script(project, "release", ["--stack", project.stack, "--context", "sandbox", ...args], variables);
      /** Releases, and returns what the next step of its job gets as `built`. */
      const releaseBuilt = async (...args: string[]): Promise<string> => {
        const GITHUB_OUTPUT = join(mkdtempSync(join(directory, "job-")), "output");
        const released = await release(staging, { ...job, ...offline, GITHUB_OUTPUT }, ...args);
        assert.equal(released.status, 0, released.stdout + released.stderr);
        return /^built=(.*)$/m.exec(readFileSync(GITHUB_OUTPUT, "utf8"))?.[1] ?? "";
      };
      const attest = (built: string) =>
        script(staging, "attest", ["--stack", staging.stack, "--built", built, "--key", own.key], {
          ...job,
          ...offline,
        });
      /** What the workflow's job prod does: it verifies the image, and then deploys it. */
      const promote = async (image: string): Promise<Execution> => {
        const verified = await script(prod, "verify", ["--image", image, "--key", own.publicKey], {
          ...job,
          ...offline,
        });
        return verified.status === 0 ? release(prod, {}, "--image", image) : verified;
      };
      const statements = async (image: string, type: string): Promise<Statement[]> => {
        const options = ["--key", own.publicKey, "--insecure-ignore-tlog"];
        const lines = (await cosign("verify-attestation", "--type", type, ...options, image))
          .split("\n")
          .filter(Boolean);
        return lines.map((line) => JSON.parse(decode((JSON.parse(line) as Envelope).payload)) as Statement);
      };
      // Another stack of this project may run the checkout's own image, which is in use then.
      writeFileSync(join(staging.cwd, "app/of-this-run.go"), "package main\n");
      const source = await commit(staging);
      let good = "";
      let digest = "";

      await t.test("an image that a laptop built isn't signed, also where a job released it", async () => {
        good = (await staging.up()).image;
        digest = parsePinned(good)?.digest ?? "";
        const built = await releaseBuilt();
        const { status, stderr } = await attest(built);
        assert.deepEqual([built, status], ["", 1]);
        assert.match(
          stderr,
          /^error: e2e-built runs \S+, which this run didn't build: .* release\.ts --signed builds such an image anew\./,
        );
        await assert.rejects(files.manifest(digest.replace(":", "-")), /MANIFEST_UNKNOWN/);
      });

      await t.test(
        "a release that is signed builds it anew, with provenance and an SBOM for each platform",
        async () => {
          const built = await releaseBuilt("--signed", "--key", own.key);
          assert.notEqual(built, good);
          const { image, platforms } = await staging.outputs();
          assert.equal(image, built);
          good = built;
          digest = parsePinned(good)?.digest ?? "";
          const attested = await attest(good);
          assert.equal(attested.status, 0, attested.stderr);
          assert.equal(attested.stdout, `attached provenance and SBOMs to ${good}\n`);

          const golang = (await succeed(["crane", "digest", "localhost:15000/library/golang:1.26"], { env })).trim();
          const bases = { "golang:1.26": `docker-image://localhost:15000/library/golang@${golang}` };
          const [provenances, sboms] = [await statements(good, "slsaprovenance1"), await statements(good, "spdxjson")];
          assert.deepEqual(
            provenances.map(({ predicate }) => predicate),
            [provenance(source, bases, jobFromEnvironment(job))],
          );
          for (const { subject } of [...provenances, ...sboms]) {
            assert.deepEqual(
              subject.map((each) => `sha256:${each.digest.sha256}`),
              [digest],
            );
          }
          const described = sboms.map(({ predicate }) => (predicate as Spdx).packages);
          const [, echo = ""] = /echo\/v5 (v\S+)/.exec(readFileSync(join(checkout, "app/go.mod"), "utf8")) ?? [];
          for (const each of Object.values(platforms)) {
            const of = described.find((packages) => packages.some(({ versionInfo }) => versionInfo === each));
            const found = new Map(of?.map(({ name, versionInfo }) => [name, versionInfo]));
            assert.equal(found.get("github.com/labstack/echo/v5"), echo, each);
            assert.match(found.get("stdlib") ?? "", /^go1\.\d+/);
          }
        },
      );

      await t.test("the next signed release finds that image, and it gets no more", async () => {
        assert.equal(await releaseBuilt("--signed", "--key", own.key), "");
        assert.equal((await staging.outputs()).image, good);
        const before = await files.manifest(digest.replace(":", "-"));
        const again = await attest("");
        assert.equal(again.stdout, `${good} already has both\n`, again.stderr);
        assert.deepEqual(await files.manifest(digest.replace(":", "-")), before);
        assert.equal(before.manifests?.length, 3);
      });

      await t.test("prod verifies both, and deploys that digest", async () => {
        await commit(prod);
        const promoted = await promote(good);
        assert.equal(promoted.status, 0, promoted.stdout + promoted.stderr);
        assert.equal(await deployed(prod), good);
      });

      await t.test(
        "a role that may not read what is signed is told so, and nothing is taken for unsigned",
        async () => {
          for (const [refused, told] of [
            [/\/blobs\//, "BLOB: 403"],
            [/\/manifests\/sha256-|\/referrers\//, "GET MANIFEST.att: DENIED"],
          ] as const) {
            await withRefusals(refused, async (host) => {
              const image = good.replace("localhost:15000", host);
              const { status, stderr } = await promote(image);
              const reason = stderr
                .replace(/http:\S+\/blobs\/sha256:[0-9a-f]{64}/, "BLOB")
                .replace(/http:\S+\/manifests\/sha256-[0-9a-f]{64}/, "MANIFEST");
              const message = `error: cosign can't look for what is signed about ${image}: ${told}\n`;
              assert.deepEqual([status, reason], [1, message]);
            });
          }
        },
      );

      /** Pushes the same content under another digest, as somebody by hand. */
      const pushByHand = async (name: string): Promise<Descriptor> =>
        files.pushManifest({ ...(await files.manifest(digest)), annotations: { "e2e.name": name } }, name);
      /** Asserts that prod refuses an image, before it deploys anything. */
      const refused = async (image: string, reason: RegExp) => {
        const { status, stderr } = await promote(image);
        assert.equal(status, 1);
        const [first, ...more] = stderr.split("\n").filter(Boolean);
        assert.deepEqual(more, []);
        assert.ok(
          first?.startsWith(`error: ${image} has no build provenance that is signed by the key ${own.publicKey}: `),
          stderr,
        );
        assert.match(stderr, reason);
        assert.match(stderr, /\. It isn't deployed, because nobody knows who built it\. Deploy an image that /);
        assert.equal(await deployed(prod), good);
      };
      const imageOf = (pushed: Descriptor) => `${files.repository}@${pushed.digest}`;

      await t.test("an image that was pushed by hand is refused", async () => {
        await refused(imageOf(await pushByHand("by-hand")), /no matching attestations/);
      });

      await t.test("one that another key signed is refused", async () => {
        const image = imageOf(await pushByHand("other-key"));
        const file = join(directory, "provenance.json");
        writeFileSync(file, JSON.stringify(provenance(source, {}, jobFromEnvironment(job))));
        const options = ["--key", other.key, "--use-signing-config=false", "--tlog-upload=false"];
        await cosign("attest", "--yes", "--type", "slsaprovenance1", "--predicate", file, ...options, image);
        await refused(image, /signature/);
      });

      /** Attaches the good image's attestations to another one, after a change of what they say. */
      const forge = async (name: string, change: (statement: string, image: Descriptor) => string): Promise<string> => {
        const image = await pushByHand(name);
        const { manifests = [], ...fallback } = await files.manifest(digest.replace(":", "-"));
        const forged = await Promise.all(
          manifests.map(async (attached) => {
            const { layers: [layer] = [], ...manifest } = await files.manifest(attached.digest);
            assert.ok(layer);
            const bundle = JSON.parse(await files.blob(layer.digest)) as Bundle;
            const payload = encode(change(decode(bundle.dsseEnvelope.payload), image));
            const changed = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } };
            const pushed = await files.pushBlob(JSON.stringify(changed), layer.mediaType);
            return { ...attached, ...(await files.pushManifest({ ...manifest, subject: image, layers: [pushed] })) };
          }),
        );
        await files.pushManifest({ ...fallback, manifests: forged }, image.digest.replace(":", "-"));
        return imageOf(image);
      };

      await t.test("one with the good image's attestations is refused", async () => {
        await refused(await forge("moved", (statement) => statement), /does not match any digest in statement/);
      });

      await t.test("one with attestations that were changed to name it is refused", async () => {
        const hex = digest.slice("sha256:".length);
        const named = (statement: string, image: Descriptor) =>
          statement.replaceAll(hex, image.digest.slice("sha256:".length));
        await refused(await forge("changed", named), /signature/);
      });

      await t.test("a registry is cleaned of what no stack uses, and what prod runs can still be proven", async () => {
        // The tag of a build whose image no stack has any more, with attestations. Its platforms are those of the good image.
        const unused = parsePinned(await forge("0123456789abcdef", (statement) => statement))?.digest ?? "";
        const clean = (...args: string[]) =>
          script(prod, "clean", ["--repository", files.repository, "--newest", "1", ...args], {
            PULUMI_CONFIG_PASSPHRASE: undefined,
          });
        const fallback = (of: string) => of.replace(":", "-");
        const attached = async (of: string) =>
          (await files.manifest(fallback(of))).manifests?.map((each) => each.digest);
        const [kept, going] = [await attached(digest), await attached(unused)];
        const { platforms } = await prod.outputs();

        const listed = await clean();
        assert.equal(listed.status, 0, listed.stderr);
        const lines = listed.stdout.split("\n");
        const verdicts = new Map(lines.map((line) => [/sha256:[0-9a-f]{64}/.exec(line)?.[0], line.slice(0, 5).trim()]));
        for (const each of [digest, ...Object.values(platforms), ...(kept ?? [])]) {
          assert.equal(verdicts.get(each), "stays", listed.stdout);
        }
        for (const each of [unused, ...(going ?? [])]) {
          assert.equal(verdicts.get(each), "goes", listed.stdout);
        }
        // With the image that the laptop built, and its platforms.
        assert.match(listed.stdout, /: its tag by-hand is not of a build's content\n/);
        assert.match(listed.stdout, /\n\d+ stay; 8 go, and with them [\d.]+ MB\nnothing is deleted without --yes\n$/);
        assert.ok(await files.manifest(unused));

        const cleaned = await clean("--yes");
        assert.equal(cleaned.status, 0, cleaned.stderr);
        for (const each of [unused, "0123456789abcdef", fallback(unused), ...(going ?? [])]) {
          await assert.rejects(files.manifest(each), /MANIFEST_UNKNOWN/, each);
        }
        assert.match((await clean()).stdout, /\n\d+ stay; 0 go, /);
        for (const platform of Object.keys(platforms)) {
          await succeed(["crane", "pull", `--platform=${platform}`, good, join(directory, "image.tar")], { env });
        }
        const promoted = await promote(good);
        assert.equal(promoted.status, 0, promoted.stdout + promoted.stderr);
      });
    }),
  );
});
