import { z } from "zod";
import { Failure, parsePinned } from "../../common";
import type { Job } from "../github";
import { type Command, outputOf, type Run } from "../run";
import { readAnswers } from "./registry-answers";

/** Who signs: a job of GitHub by a certificate for its workflow, or somebody by a key. */
export type Signer = { readonly job: Job } | { readonly key: string };

/** Says that an image has no statement of a kind by a signer, or none that is good. Any other failure leaves that open. */
export class NotAttested extends Failure {}

/** The issuer of the tokens by which Sigstore knows GitHub's jobs. */
const issuer = "https://token.actions.githubusercontent.com";

/** What was signed about an image: in-toto's statement. */
const statement = z.object({
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })),
  predicate: z.unknown(),
});
/** DSSE's envelope, which cosign prints for each statement whose signature is good. */
const envelope = z.object({ payload: z.base64() });

/**
 * Signs what a file says about an image and attaches it to the image in the registry.
 *
 * @param type The predicate's type, as cosign calls it.
 * @param key A private key for cosign: a file, or a key of a KMS. A job of GitHub needs none.
 */
export async function attach(
  run: Run,
  image: string,
  type: string,
  file: string,
  key: string | undefined,
): Promise<void> {
  // A key of one's own is checked by whoever has the other half, so it needs nobody's log and no network but the registry.
  const signing = key === undefined ? [] : ["--key", key, "--use-signing-config=false", "--tlog-upload=false"];
  await outputOf(run, ["cosign", "attest", "--yes", "--type", type, "--predicate", file, ...signing, image]);
}

/** How cosign says that an image has no good statement of a signer, and that it has none of this type. */
const nothing = "no matching attestations";
const verdict = new RegExp(`^${nothing}(?:$|: )|^none of the attestations matched the predicate type: `);

/**
 * What a signer has said about an image, each statement with a good signature and about this digest.
 *
 * @param type The predicates' type, as cosign calls it.
 * @throws NotAttested with cosign's reason where there is none, and another Failure where cosign couldn't look.
 */
export async function verified(run: Run, image: string, type: string, signer: Signer): Promise<readonly unknown[]> {
  const who: readonly string[] =
    "key" in signer
      ? ["--key", signer.key, "--insecure-ignore-tlog"]
      : ["--certificate-identity", signer.job.workflow, "--certificate-oidc-issuer", issuer];
  const command: Command = ["cosign", "verify-attestation", "--verbose", "--type", type, ...who, image];
  const { status, stdout, stderr } = await run(command);
  if (status !== 0) {
    throw refusal(image, stderr);
  }
  const digest = parsePinned(image)?.digest;
  const statements = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => statement.parse(decode(envelope.parse(JSON.parse(line)).payload)));
  return statements
    .filter(({ subject }) => subject.some(({ digest: { sha256 } }) => `sha256:${sha256}` === digest))
    .map(({ predicate }) => predicate);
}

/** Why cosign verified nothing. */
function refusal(image: string, log: string): Failure {
  const said = [...log.matchAll(/^Error: (.*)$/gm)].at(-1)?.[1] ?? log.trim().split("\n").at(-1) ?? "";
  const reason = said.replace(/[: ]*$/, "");
  const { fault, hasStatement } = readAnswers(log);
  const why = verdict.test(reason) ? fault : reason;
  if (why !== undefined) {
    return new Failure(`cosign can't look for what is signed about ${image}: ${why}`);
  }
  if (hasStatement && reason === nothing) {
    return new Failure(
      `the registry has something signed about ${image} that cosign can't read. Try again. If it stays, ` +
        `cosign tree ${image} lists it: delete what is broken.`,
    );
  }
  return new NotAttested(reason);
}

const decode = (payload: string): unknown => JSON.parse(Buffer.from(payload, "base64").toString());
