import { Failure, parsePinned } from "../../common";
import type { Job } from "../github";
import type { Run } from "../run";
import { NotAttested, type Signer, verified } from "./attestations";
import { objection, provenanceType } from "./provenance";
import { sbomType } from "./sbom";

/**
 * Checks that a workflow of this repository built an image: that it has said where it comes from and what is in it.
 *
 * @param job The job that is about to deploy the image. Its own workflow must have built it.
 * @param key A public key for cosign that takes the place of the workflow's certificate.
 * @throws NotAttested that names the image, what it lacks, and what to do, and another Failure where cosign couldn't look.
 */
export async function verify(run: Run, image: string, job: Job, key: string | undefined): Promise<void> {
  if (parsePinned(image) === undefined) {
    throw new Failure(`${image} is no image by digest, such as registry.example.com/ping@sha256:…`);
  }
  const signer: Signer = key === undefined ? { job } : { key };
  const signed = async (type: string, what: string) => {
    const found = await verified(run, image, type, signer).catch((error: unknown) => {
      throw error instanceof NotAttested ? refusal(image, what, signer, error.message) : error;
    });
    if (found.length === 0) {
      throw refusal(image, what, signer, "what is signed there is about another image");
    }
    return found;
  };
  const objections = (await signed(provenanceType, "build provenance")).map((stated) => objection(stated, job));
  if (!objections.includes(undefined)) {
    throw refusal(image, "build provenance", signer, objections.join("; "));
  }
  await signed(sbomType, "SBOM");
}

function refusal(image: string, what: string, signer: Signer, reason: string): NotAttested {
  const by = "key" in signer ? `the key ${signer.key}` : signer.job.workflow;
  return new NotAttested(
    `${image} has no ${what} that is signed by ${by}: ${reason}. It isn't deployed, because nobody knows who built it. ` +
      "Deploy an image that the workflow released to staging. If this is one, run its job staging again, which attaches " +
      "what is missing.",
  );
}
