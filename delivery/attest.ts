import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, parsePinned } from "../infra/base";
import { attach } from "./attestations";
import { outputOf, type Run } from "./command";
import type { Job } from "./job";
import { checkedOut } from "./last-good";
import { provenance, provenanceType } from "./provenance";
import { sbomType, writeSbom } from "./sbom";
import { buildBases, stackImage } from "./stack-image";
import { verify } from "./verify";

/** What is attested: the image that a stack runs, built from the commit that is checked out. */
export interface AttestArgs {
  readonly stack: string;
  /** A private key for cosign. A job of GitHub needs none: Sigstore gives it a certificate for its workflow. */
  readonly key: string | undefined;
}

/**
 * Attaches to an image's index, in its registry, an SBOM for each platform and the build's provenance, signed. The
 * provenance comes last, so that an image with provenance has everything.
 *
 * An image that has both gets no more: the next commits often build the same digest, and registries list only so many
 * attestations at once. So a stack that runs an earlier image again has nothing to attest.
 *
 * @returns The image, and whether anything was attached.
 * @throws Failure where the stack didn't build the image that lacks them.
 */
export async function attest({ stack, key }: AttestArgs, job: Job, run: Run) {
  const { image, platforms } = await stackImage(run, stack);
  const directory = mkdtempSync(join(tmpdir(), "attest-"));
  try {
    if (await isAttested(run, image, job, key, join(directory, "key.pub"))) {
      return { image, attached: false };
    }
    const bases = await buildBases(run, stack);
    const repository = parsePinned(image)?.repository.name ?? "";
    for (const digest of Object.values(platforms)) {
      const sbom = join(directory, "sbom.json");
      await writeSbom(run, `${repository}@${digest}`, sbom);
      await attach(run, image, sbomType, sbom, key);
    }
    const file = join(directory, "provenance.json");
    writeFileSync(file, JSON.stringify(provenance(await checkedOut(run), bases, job)));
    await attach(run, image, provenanceType, file, key);
    return { image, attached: true };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function isAttested(run: Run, image: string, job: Job, key: string | undefined, publicKey: string) {
  if (key !== undefined) {
    await outputOf(run, ["cosign", "public-key", "--key", key, "--outfile", publicKey]);
  }
  try {
    await verify(run, image, job, key === undefined ? undefined : publicKey);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    return false;
  }
}
