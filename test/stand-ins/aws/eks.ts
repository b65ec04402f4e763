import { textAt } from "../values";
import { unless } from "./account";
import { type Kind, tagMap } from "./kind";

const gone = ["ResourceNotFoundException"];

/** `aws:eks/podIdentityAssociation:PodIdentityAssociation`; its id is `cluster,association`. */
export const podIdentityAssociation: Kind = {
  title: "EKS Pod Identity Association",
  inputs: { clusterName: "names", namespace: "names", serviceAccount: "names", roleArn: "updates" },
  tagging: {
    arn: "associationArn",
    set: async (aws, { arn }, tags) => (await aws.eks()).tagResource({ resourceArn: arn, tags: tagMap(tags) }),
    remove: async (aws, { arn }, tagKeys) => (await aws.eks()).untagResource({ resourceArn: arn, tagKeys }),
  },
  async create(aws, inputs) {
    const eks = await aws.eks();
    const clusterName = textAt(inputs, "clusterName");
    const { association } = await eks.createPodIdentityAssociation({
      clusterName,
      namespace: textAt(inputs, "namespace"),
      serviceAccount: textAt(inputs, "serviceAccount"),
      roleArn: textAt(inputs, "roleArn"),
      tags: aws.defaultTags,
    });
    return `${clusterName},${association?.associationId ?? ""}`;
  },
  async read(aws, id) {
    const eks = await aws.eks();
    const found = (await unless(gone, () => eks.describePodIdentityAssociation(association(id))))?.association;
    return (
      found && {
        clusterName: found.clusterName ?? "",
        namespace: found.namespace ?? "",
        serviceAccount: found.serviceAccount ?? "",
        roleArn: found.roleArn ?? "",
        associationArn: found.associationArn ?? "",
        associationId: found.associationId ?? "",
        tagsAll: { ...found.tags },
      }
    );
  },
  async update(aws, id, olds, news) {
    const eks = await aws.eks();
    const roleArn = textAt(news, "roleArn");
    if (roleArn !== textAt(olds, "roleArn")) {
      await eks.updatePodIdentityAssociation({ ...association(id), roleArn });
    }
  },
  async delete(aws, id) {
    const eks = await aws.eks();
    await unless(gone, () => eks.deletePodIdentityAssociation(association(id)));
  },
};

function association(id: string): { clusterName: string; associationId: string } {
  const [clusterName = "", associationId = ""] = id.split(",");
  return { clusterName, associationId };
}
