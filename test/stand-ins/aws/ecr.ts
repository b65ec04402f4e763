import type {
  EncryptionConfiguration,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  Repository,
} from "@aws-sdk/client-ecr";
import { isDeepStrictEqual } from "node:util";
import { at, objectsAt, type Properties, textAt } from "../values";
import { unless } from "./account";
import { type Kind, tagList, tagMap } from "./kind";

const gone = ["RepositoryNotFoundException"];

/** `aws:ecr/repository:Repository`; its id is its name. */
export const repository: Kind = {
  title: "ECR Repository",
  inputs: {
    name: { replaces: true },
    encryptionConfigurations: { replaces: true, otherwise: [{ encryptionType: "AES256" }] },
    forceDelete: { local: true, otherwise: false },
    imageScanningConfiguration: { otherwise: { scanOnPush: false } },
    imageTagMutability: { otherwise: "MUTABLE" },
    imageTagMutabilityExclusionFilters: { otherwise: [] },
    tags: { otherwise: {} },
  },
  async create(aws, inputs, tags) {
    const ecr = await aws.ecr();
    const [encryption] = objectsAt(inputs, "encryptionConfigurations");
    await ecr.createRepository({
      repositoryName: textAt(inputs, "name"),
      encryptionConfiguration: encryption && encryptionOf(encryption),
      imageScanningConfiguration: { scanOnPush: scanOnPush(inputs) },
      ...mutability(inputs),
      tags: tagList(tags),
    });
    return textAt(inputs, "name");
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const found = await describe(() => ecr.describeRepositories({ repositoryNames: [id] }));
    if (found === undefined) {
      return undefined;
    }
    const { tags } = await ecr.listTagsForResource({ resourceArn: found.repositoryArn });
    const [encryption] = encryptions(found);
    return {
      ...described(found),
      encryptionConfigurations: encryption === undefined ? [] : [encryption],
      imageScanningConfiguration: { scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false },
      region: aws.region,
      tagsAll: tagMap(tags),
    };
  },
  async update(aws, id, olds, news, tags) {
    const ecr = await aws.ecr();
    if (!isDeepStrictEqual(mutability(olds), mutability(news))) {
      await ecr.putImageTagMutability({ repositoryName: id, ...mutability(news) });
    }
    if (scanOnPush(olds) !== scanOnPush(news)) {
      const imageScanningConfiguration = { scanOnPush: scanOnPush(news) };
      await ecr.putImageScanningConfiguration({ repositoryName: id, imageScanningConfiguration });
    }
    const resourceArn = textAt(olds, "arn");
    if (tags.remove.length > 0) {
      await ecr.untagResource({ resourceArn, tagKeys: [...tags.remove] });
    }
    if (Object.keys(tags.set).length > 0) {
      await ecr.tagResource({ resourceArn, tags: tagList(tags.set) });
    }
  },
  async delete(aws, id, state) {
    const ecr = await aws.ecr();
    const force = at(state, "forceDelete") === true;
    try {
      await unless(gone, () => ecr.deleteRepository({ repositoryName: id, force }));
    } catch (error) {
      if (error instanceof Error && error.name === "RepositoryNotEmptyException") {
        // As the real provider says it, which has Terraform's name of the argument.
        throw new Error(`not empty, consider using force_delete: ${error.name}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  },
};

/** `aws:ecr/lifecyclePolicy:LifecyclePolicy`; its id is the repository's name. */
export const lifecyclePolicy: Kind = {
  title: "ECR Lifecycle Policy",
  inputs: { repository: { required: true, replaces: true }, policy: { required: true, document: true } },
  async create(aws, inputs) {
    const ecr = await aws.ecr();
    const repositoryName = textAt(inputs, "repository");
    await ecr.putLifecyclePolicy({ repositoryName, lifecyclePolicyText: textAt(inputs, "policy") });
    return repositoryName;
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const missing = [...gone, "LifecyclePolicyNotFoundException"];
    const found = await unless(missing, () => ecr.getLifecyclePolicy({ repositoryName: id }));
    return found && policyState(aws.region, id, found.registryId, found.lifecyclePolicyText);
  },
  async update(aws, id, _olds, news) {
    await this.create(aws, { ...news, repository: id }, {});
  },
  async delete(aws, id) {
    const ecr = await aws.ecr();
    const missing = [...gone, "LifecyclePolicyNotFoundException"];
    await unless(missing, () => ecr.deleteLifecyclePolicy({ repositoryName: id }));
  },
};

/** `aws:ecr/repositoryPolicy:RepositoryPolicy`; its id is the repository's name. */
export const repositoryPolicy: Kind = {
  title: "ECR Repository Policy",
  inputs: { repository: { required: true, replaces: true }, policy: { required: true, document: true } },
  async create(aws, inputs) {
    const ecr = await aws.ecr();
    const repositoryName = textAt(inputs, "repository");
    await ecr.setRepositoryPolicy({ repositoryName, policyText: textAt(inputs, "policy") });
    return repositoryName;
  },
  async read(aws, id) {
    const ecr = await aws.ecr();
    const missing = [...gone, "RepositoryPolicyNotFoundException"];
    const found = await unless(missing, () => ecr.getRepositoryPolicy({ repositoryName: id }));
    return found && policyState(aws.region, id, found.registryId, found.policyText);
  },
  async update(aws, id, _olds, news) {
    await this.create(aws, { ...news, repository: id }, {});
  },
  async delete(aws, id) {
    const ecr = await aws.ecr();
    const missing = [...gone, "RepositoryPolicyNotFoundException"];
    await unless(missing, () => ecr.deleteRepositoryPolicy({ repositoryName: id }));
  },
};

/** What a repository is described by, whether as a resource or by a look-up. */
export function described(found: Repository): Properties {
  return {
    name: found.repositoryName ?? "",
    arn: found.repositoryArn ?? "",
    registryId: found.registryId ?? "",
    repositoryUrl: found.repositoryUri ?? "",
    imageTagMutability: found.imageTagMutability ?? "",
    imageTagMutabilityExclusionFilters: (found.imageTagMutabilityExclusionFilters ?? []).map(
      ({ filter = "", filterType = "" }) => ({ filter, filterType }),
    ),
  };
}

/** A repository's encryption, as a list of one. */
export function encryptions({ encryptionConfiguration }: Repository): Properties[] {
  if (encryptionConfiguration === undefined) {
    return [];
  }
  const { encryptionType = "", kmsKey } = encryptionConfiguration;
  return [{ encryptionType, ...(kmsKey === undefined ? {} : { kmsKey }) }];
}

/** The one repository that a call describes; undefined where there is none. */
export async function describe(
  call: () => Promise<{ repositories?: Repository[] | undefined }>,
): Promise<Repository | undefined> {
  return (await unless(gone, call))?.repositories?.[0];
}

function policyState(region: string, id: string, registryId = "", policy = ""): Properties {
  return { repository: id, registryId, policy, region };
}

function scanOnPush(properties: Properties): boolean {
  return at(properties, "imageScanningConfiguration", "scanOnPush") === true;
}

// The type is any text here, and further down: AWS refuses a value that it doesn't have, and names those that it has.
function encryptionOf(given: Properties): EncryptionConfiguration {
  const kmsKey = textAt(given, "kmsKey");
  const encryptionType = textAt(given, "encryptionType") || "AES256";
  return {
    encryptionType: encryptionType as EncryptionConfiguration["encryptionType"],
    ...(kmsKey === "" ? {} : { kmsKey }),
  };
}

function mutability(properties: Properties): {
  imageTagMutability: ImageTagMutability;
  imageTagMutabilityExclusionFilters?: ImageTagMutabilityExclusionFilter[];
} {
  const filters = objectsAt(properties, "imageTagMutabilityExclusionFilters").map((each) => ({
    filter: textAt(each, "filter"),
    filterType: textAt(each, "filterType") as ImageTagMutabilityExclusionFilter["filterType"],
  }));
  const imageTagMutability = (textAt(properties, "imageTagMutability") || "MUTABLE") as ImageTagMutability;
  return { imageTagMutability, ...(filters.length === 0 ? {} : { imageTagMutabilityExclusionFilters: filters }) };
}
