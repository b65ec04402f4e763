import type { EncryptionConfiguration, PutImageTagMutabilityRequest, Repository } from "@aws-sdk/client-ecr";
import { isDeepStrictEqual } from "node:util";
import { isTrueAt, objectsAt, type Properties, textAt } from "../values";
import { unless } from "./account";
import { type Kind, neverUpdated, tagList, tagMap } from "./kind";

const gone = ["RepositoryNotFoundException"];

/** `aws:ecr/repository:Repository`; its id is its name. */
export const repository: Kind = {
  title: "ECR Repository",
  inputs: {
    name: "names",
    encryptionConfigurations: "replaces",
    forceDelete: "updates",
    imageScanningConfiguration: "updates",
    imageTagMutability: "updates",
  },
  tagging: {
    arn: "arn",
    set: async (aws, { arn }, tags) => (await aws.ecr()).tagResource({ resourceArn: arn, tags }),
    remove: async (aws, { arn }, tagKeys) => (await aws.ecr()).untagResource({ resourceArn: arn, tagKeys }),
  },
  async create(aws, inputs) {
    const ecr = await aws.ecr();
    await ecr.createRepository({
      repositoryName: textAt(inputs, "name"),
      encryptionConfiguration: encryption(inputs),
      imageScanningConfiguration: scanning(inputs),
      ...mutability(inputs),
      tags: tagList(aws.defaultTags),
    });
    return textAt(inputs, "name");
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const found = await findRepository(() => ecr.describeRepositories({ repositoryNames: [id] }));
    if (found === undefined) {
      return undefined;
    }
    const { tags } = await ecr.listTagsForResource({ resourceArn: found.repositoryArn });
    return {
      name: found.repositoryName ?? "",
      arn: found.repositoryArn ?? "",
      encryptionConfigurations: [{ encryptionType: found.encryptionConfiguration?.encryptionType ?? "" }],
      imageScanningConfiguration: { scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false },
      imageTagMutability: found.imageTagMutability ?? "",
      tagsAll: tagMap(tags),
    };
  },
  async update(aws, id, olds, news) {
    const ecr = await aws.ecr();
    const changed = (key: string) => !isDeepStrictEqual(olds[key], news[key]);
    if (changed("imageTagMutability")) {
      await ecr.putImageTagMutability({ repositoryName: id, ...mutability(news) });
    }
    if (changed("imageScanningConfiguration")) {
      await ecr.putImageScanningConfiguration({ repositoryName: id, imageScanningConfiguration: scanning(news) });
    }
  },
  async delete(aws, id, state) {
    const ecr = await aws.ecr();
    await unless(gone, () => ecr.deleteRepository({ repositoryName: id, force: isTrueAt(state, "forceDelete") }));
    if ((await findRepository(() => ecr.describeRepositories({ repositoryNames: [id] }))) !== undefined) {
      throw new Error("the repository is still there");
    }
  },
};

/** `aws:ecr/lifecyclePolicy:LifecyclePolicy`; its id is the repository's name. */
export const lifecyclePolicy: Kind = {
  title: "ECR Lifecycle Policy",
  inputs: { repository: "names", policy: "replaces" },
  async create(aws, inputs) {
    const ecr = await aws.ecr();
    const repositoryName = textAt(inputs, "repository");
    await ecr.putLifecyclePolicy({ repositoryName, lifecyclePolicyText: textAt(inputs, "policy") });
    return repositoryName;
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const found = await unless(noLifecyclePolicy, () => ecr.getLifecyclePolicy({ repositoryName: id }));
    return found && { repository: id, policy: found.lifecyclePolicyText ?? "" };
  },
  update: neverUpdated,
  async delete(aws, id) {
    const ecr = await aws.ecr();
    await unless(noLifecyclePolicy, () => ecr.deleteLifecyclePolicy({ repositoryName: id }));
  },
};

const noLifecyclePolicy = [...gone, "LifecyclePolicyNotFoundException"];

/** `aws:ecr/repositoryPolicy:RepositoryPolicy`; its id is the repository's name. */
export const repositoryPolicy: Kind = {
  title: "ECR Repository Policy",
  inputs: { repository: "names", policy: "updates" },
  async create(aws, inputs) {
    const ecr = await aws.ecr();
    const repositoryName = textAt(inputs, "repository");
    await ecr.setRepositoryPolicy({ repositoryName, policyText: textAt(inputs, "policy") });
    return repositoryName;
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const found = await unless(noRepositoryPolicy, () => ecr.getRepositoryPolicy({ repositoryName: id }));
    return found && { repository: id, policy: found.policyText ?? "" };
  },
  async update(aws, _id, _olds, news) {
    await this.create(aws, news);
  },
  async delete(aws, id) {
    const ecr = await aws.ecr();
    await unless(noRepositoryPolicy, () => ecr.deleteRepositoryPolicy({ repositoryName: id }));
  },
};

const noRepositoryPolicy = [...gone, "RepositoryPolicyNotFoundException"];

/** The one repository that a call describes; undefined where there is none. */
async function findRepository(
  call: () => Promise<{ repositories?: Repository[] | undefined }>,
): Promise<Repository | undefined> {
  return (await unless(gone, call))?.repositories?.[0];
}

function scanning(inputs: Properties): { scanOnPush: boolean } {
  return { scanOnPush: isTrueAt(inputs, "imageScanningConfiguration", "scanOnPush") };
}

function encryption(inputs: Properties): EncryptionConfiguration {
  const [given] = objectsAt(inputs, "encryptionConfigurations");
  return { encryptionType: oneOf(["AES256", "KMS"], textAt(given, "encryptionType")) };
}

function mutability(inputs: Properties): Omit<PutImageTagMutabilityRequest, "repositoryName"> {
  return {
    imageTagMutability: oneOf(["IMMUTABLE"], textAt(inputs, "imageTagMutability")),
  };
}

function oneOf<const Name extends string>(names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) {
    throw new Error(`the AWS stand-in knows ${names.join(", ")} here, and not ${text}`);
  }
  return found;
}
