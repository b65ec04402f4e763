import { z } from "zod";
import { ecrAccount, Failure, type Repository } from "../../common";
import { type Command, outputOf, type Run } from "../run";
import { type Manifest, type ManifestStore, readManifest } from "./manifests";

const described = z.object({
  imageDetails: z.array(
    z.object({
      imageDigest: z.string(),
      imageTags: z.array(z.string()).default([]),
      imagePushedAt: z.union([z.string(), z.number()]),
    }),
  ),
});
const failures = z.array(z.object({ failureCode: z.string(), failureReason: z.string().default("") })).default([]);
const images = z.object({
  images: z.array(z.object({ imageId: z.object({ imageDigest: z.string() }), imageManifest: z.string() })),
  failures,
});

/** How many manifests ECR takes in one call. */
const batch = 100;

/** ECR gives a manifest that it isn't asked for in another form. */
const mediaTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** A command of AWS's CLI about a repository. Its region and account are in the registry's host. */
function ecr({ host, path }: Repository, operation: string, ...args: readonly string[]): Command {
  const place = ["--registry-id", ecrAccount(host) ?? "", "--region", host.split(".")[3] ?? ""];
  return ["aws", "ecr", operation, "--repository-name", path, ...place, ...args, "--output", "json"];
}

/** A repository in ECR. AWS's API lists manifests without a tag too, and says when each was pushed. */
export function ecrManifests(run: Run, repository: Repository): ManifestStore {
  const ask = async (operation: string, ...args: string[]): Promise<unknown> =>
    JSON.parse(await outputOf(run, ecr(repository, operation, ...args)));
  const ids = (digests: readonly string[]) => digests.map((digest) => `imageDigest=${digest}`);
  return {
    async list() {
      const { imageDetails } = described.parse(await ask("describe-images"));
      const found: Manifest[] = [];
      for (const some of batches(imageDetails)) {
        const wanted = some.map(({ imageDigest }) => imageDigest);
        const types = ["--accepted-media-types", ...mediaTypes];
        const given = images.parse(await ask("batch-get-image", "--image-ids", ...ids(wanted), ...types));
        const texts = new Map(given.images.map(({ imageId, imageManifest }) => [imageId.imageDigest, imageManifest]));
        for (const { imageDigest: digest, imageTags: tags, imagePushedAt } of some) {
          const text = texts.get(digest);
          if (text === undefined) {
            throw new Failure(
              `ECR doesn't give the manifest ${repository.name}@${digest}, so nothing is deleted: try again`,
            );
          }
          const pushed = new Date(typeof imagePushedAt === "number" ? imagePushedAt * 1000 : imagePushedAt);
          found.push(readManifest(text, { digest, tags, pushed }));
        }
      }
      return found;
    },
    async remove(manifests) {
      for (const some of batches(manifests)) {
        const wanted = ids(some.map(({ digest }) => digest));
        const refused = z
          .object({ failures })
          .parse(await ask("batch-delete-image", "--image-ids", ...wanted))
          .failures.filter(({ failureCode }) => failureCode !== "ImageNotFound");
        if (refused.length > 0) {
          const [{ failureCode, failureReason } = { failureCode: "", failureReason: "" }] = refused;
          throw new Failure(
            `ECR doesn't delete ${refused.length} manifests of ${repository.name}, the first with ${failureCode}: ${failureReason}`,
          );
        }
      }
    },
  };
}

const policy = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Principal: z.union([z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))]).default("*"),
    }),
  ),
});

/** The accounts that a repository's policy lets in, beside its own. Whoever isn't of an account is one by name. */
export async function pullingAccounts(run: Run, repository: Repository): Promise<readonly string[]> {
  const { status, stdout, stderr } = await run(ecr(repository, "get-repository-policy"));
  if (status !== 0 && stderr.includes("RepositoryPolicyNotFoundException")) {
    return [];
  }
  if (status !== 0) {
    throw new Failure(`nobody knows who may pull from ${repository.name}, so nothing is deleted: ${stderr.trim()}`);
  }
  const { policyText } = z.object({ policyText: z.string() }).parse(JSON.parse(stdout));
  const principals = policy
    .parse(JSON.parse(policyText))
    .Statement.filter(({ Effect: effect }) => effect === "Allow")
    .flatMap(({ Principal: given }) => (typeof given === "string" ? [given] : Object.values(given).flat()));
  const accounts = principals.map(
    (principal) => /^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})\b/.exec(principal)?.[1] ?? principal,
  );
  return [...new Set(accounts)].filter((account) => account !== ecrAccount(repository.host));
}

function batches<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / batch) }, (_, at) => all.slice(at * batch, (at + 1) * batch));
}
