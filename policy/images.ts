import type { Rule } from "./rule";
import { listAt, textAt } from "./members";
import { containers, podTemplate } from "./workload";

const digest = /@sha256:[0-9a-f]{64}$/;
const tag = /^([^@]*):[\w][\w.-]{0,127}$/;

/** Container → its image, where it has one. */
function images(type: string, properties: Parameters<Rule["violations"]>[1]): { name: string; image: string }[] {
  const pod = podTemplate(type, properties);
  return pod === undefined
    ? []
    : containers(pod).map(({ name, properties: container }) => ({ name, image: textAt(container, "image") }));
}

/** The part of an image's reference that has no tag and no digest. */
const repositoryOf = (image: string) => image.replace(/@.*$/, "").replace(tag, "$1");

/** No image without a digest. */
export const imageDigest: Rule = {
  name: "image-digest",
  description: "A container's image is named by digest: only a digest is the same image on every node and tomorrow.",
  violations: (type, properties) =>
    images(type, properties)
      .filter(({ image }) => !digest.test(image) && !tag.test(image))
      .map(({ name, image }) => `The image of ${name}, ${JSON.stringify(image)}, has no digest (@sha256:…).`),
};

/** No tag-only deploy. */
export const noTagOnly: Rule = {
  name: "no-tag-only-deploy",
  description: "A container's image isn't named by a tag alone: a tag can move between two pods of one rollout.",
  violations: (type, properties) =>
    images(type, properties)
      .filter(({ image }) => !digest.test(image) && tag.test(image))
      .map(({ name, image }) => `The image of ${name}, ${JSON.stringify(image)}, is a tag: deploy it by digest.`),
};

/** Only allowed registries, to run from and to push to. */
export const allowedRegistries: Rule = {
  name: "allowed-registries",
  description:
    "Images come from and go to the stack's own repository, ECR in the accounts of aws:allowedAccountIds and in the one that the stack promotes from, and the registries that the policy pack's config allows.",
  violations: (type, properties, { registries, accounts, awsDomain }) => {
    const allowed = [...registries, ...accounts.map((account) => `${account}.dkr.ecr.*.${awsDomain}`)];
    const pushed = type === "docker-build:index:Image" ? listAt(properties, "tags").map(String) : [];
    const found = [...images(type, properties), ...pushed.map((image) => ({ name: "this build", image }))];
    return found
      .filter(({ image }) => !allowed.some((registry) => isIn(registry, repositoryOf(image))))
      .map(
        ({ name, image }) =>
          `The image of ${name}, ${JSON.stringify(image)}, is in none of the allowed registries: ${allowed.join(", ") || "there are none"}.`,
      );
  },
};

/** Whether a repository is a registry's or below a path: whole parts, so that `registry.io` doesn't allow `registry.io.evil`. */
function isIn(registry: string, repository: string): boolean {
  const literal = registry.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${literal.join("[^./:]+")}(?:/|$)`).test(repository);
}
