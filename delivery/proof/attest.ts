import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, parsePinned } from "../../common";
import type { Job } from "../github";
import { checkedOut } from "../release";
import { outputOf, type Run } from "../run";
import { stackResources } from "../stack";
import { attach, NotAttested } from "./attestations";
import { provenance, provenanceType } from "./provenance";
import { sbomType, writeSbom } from "./sbom";
import { buildBases, stackImage } from "./stack-image";
import { verify } from "./verify";

/** What is attested: the image that a stack runs, built from the commit that is checked out. */
interface AttestArgs {
  readonly stack: string;
  /** The image that release.ts has built just now, as it says; undefined where it built none. */
  readonly built: string | undefined;
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
 * @throws Failure where the image lacks them and wasn't built just now: its builder may be a laptop.
 */
export async function attest({ stack, built, key }: AttestArgs, job: Job, run: Run) {
  const resources = await stackResources(run, stack);
  const { image, platforms } = stackImage(stack, resources);
  if (await isSigned(run, image, job, key)) {
    return { image, attached: false };
  }
  const directory = mkdtempSync(join(tmpdir(), "attest-"));
  try {
    if (image !== built) {
      throw new Failure(
        `${stack} runs ${image}, which this run didn't build: ${built ?? "no image"} is what it built. Nobody knows who did, so ` +
          "it isn't signed. release.ts --signed builds such an image anew.",
      );
    }
    const bases = buildBases(stack, resources);
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

/** Whether an image has the provenance and the SBOMs of this workflow, or those that a key has signed. */
export async function isSigned(run: Run, image: string, job: Job, key: string | undefined): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), "signed-"));
  try {
    const publicKey = join(directory, "key.pub");
    if (key !== undefined) {
      await outputOf(run, ["cosign", "public-key", "--key", key, "--outfile", publicKey]);
    }
    await verify(run, image, job, key === undefined ? undefined : publicKey);
    return true;
  } catch (error) {
    if (error instanceof NotAttested) {
      return false;
    }
    throw error;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
