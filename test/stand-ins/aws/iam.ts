import type { IAM } from "@aws-sdk/client-iam";
import { textAt, textsAt } from "../values";
import { unless } from "./account";
import { type Kind, neverUpdated, tagList, tagMap } from "./kind";

const gone = ["NoSuchEntity", "NoSuchEntityException"];

/** `aws:iam/role:Role`; its id is its name. */
export const role: Kind = {
  title: "IAM Role",
  inputs: { name: "names", assumeRolePolicy: "updates" },
  tagging: {
    arn: "arn",
    set: async (aws, { id }, Tags) => (await aws.iam()).tagRole({ RoleName: id, Tags }),
    remove: async (aws, { id }, TagKeys) => (await aws.iam()).untagRole({ RoleName: id, TagKeys }),
  },
  async create(aws, inputs) {
    const iam = await aws.iam();
    const RoleName = textAt(inputs, "name");
    await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: textAt(inputs, "assumeRolePolicy"),
      Tags: tagList(aws.defaultTags),
    });
    return RoleName;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const found = (await unless(gone, () => iam.getRole({ RoleName: id })))?.Role;
    if (found === undefined) {
      return undefined;
    }
    await readPolicies(iam, id);
    return {
      name: id,
      arn: found.Arn ?? "",
      assumeRolePolicy: decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
      tagsAll: tagMap(found.Tags),
    };
  },
  async update(aws, id, olds, news) {
    const iam = await aws.iam();
    const PolicyDocument = textAt(news, "assumeRolePolicy");
    if (PolicyDocument !== textAt(olds, "assumeRolePolicy")) {
      await iam.updateAssumeRolePolicy({ RoleName: id, PolicyDocument });
    }
  },
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.listInstanceProfilesForRole({ RoleName: id }));
    await unless(gone, () => iam.deleteRole({ RoleName: id }));
  },
};

/** The real provider reads a role's policies into outputs that the program doesn't have: whoever refreshes needs the rights. */
async function readPolicies(iam: IAM, RoleName: string): Promise<void> {
  const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
  for (const PolicyName of PolicyNames) {
    await iam.getRolePolicy({ RoleName, PolicyName });
  }
  await iam.listAttachedRolePolicies({ RoleName });
}

/** `aws:iam/rolePolicy:RolePolicy`, a policy inside a role; its id is `role:name`. */
export const rolePolicy: Kind = {
  title: "IAM Role Policy",
  inputs: { name: "names", role: "names", policy: "updates" },
  async create(aws, inputs) {
    const iam = await aws.iam();
    const [RoleName, PolicyName] = [textAt(inputs, "role"), textAt(inputs, "name")];
    await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: textAt(inputs, "policy") });
    // Whether it is there yet; its content is read after that.
    await iam.getRolePolicy({ RoleName, PolicyName });
    return `${RoleName}:${PolicyName}`;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const { RoleName, PolicyName } = rolePolicyName(id);
    const found = await unless(gone, () => iam.getRolePolicy({ RoleName, PolicyName }));
    return found && { role: RoleName, name: PolicyName, policy: decodeURIComponent(found.PolicyDocument ?? "") };
  },
  async update(aws, id, _olds, news) {
    const iam = await aws.iam();
    await iam.putRolePolicy({ ...rolePolicyName(id), PolicyDocument: textAt(news, "policy") });
  },
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.deleteRolePolicy(rolePolicyName(id)));
  },
};

/** `aws:iam/rolePolicyAttachment:RolePolicyAttachment`, a policy that a role has; its id is `role/arn`. */
export const rolePolicyAttachment: Kind = {
  title: "IAM Role Policy Attachment",
  inputs: { role: "names", policyArn: "names" },
  async create(aws, inputs) {
    const iam = await aws.iam();
    const [RoleName, PolicyArn] = [textAt(inputs, "role"), textAt(inputs, "policyArn")];
    await iam.attachRolePolicy({ RoleName, PolicyArn });
    return `${RoleName}/${PolicyArn}`;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const { RoleName, PolicyArn } = attachment(id);
    const found = await unless(gone, () => iam.listAttachedRolePolicies({ RoleName }));
    const attached = found?.AttachedPolicies?.some((each) => each.PolicyArn === PolicyArn) ?? false;
    return attached ? { role: RoleName, policyArn: PolicyArn } : undefined;
  },
  update: neverUpdated,
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.detachRolePolicy(attachment(id)));
  },
};

/** `aws:iam/openIdConnectProvider:OpenIdConnectProvider`; its id is its ARN. */
export const openIdConnectProvider: Kind = {
  title: "IAM OIDC Provider",
  inputs: { url: "names", clientIdLists: "updates" },
  tagging: {
    arn: "arn",
    set: async (aws, { arn }, Tags) =>
      (await aws.iam()).tagOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, Tags }),
    remove: async (aws, { arn }, TagKeys) =>
      (await aws.iam()).untagOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, TagKeys }),
  },
  async create(aws, inputs) {
    const iam = await aws.iam();
    const { OpenIDConnectProviderArn = "" } = await iam.createOpenIDConnectProvider({
      Url: textAt(inputs, "url"),
      ClientIDList: textsAt(inputs, "clientIdLists"),
      Tags: tagList(aws.defaultTags),
    });
    return OpenIDConnectProviderArn;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const found = await unless(gone, () => iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: id }));
    return (
      found && {
        arn: id,
        // AWS keeps the URL without its scheme, and the program gives it with one.
        url: `https://${(found.Url ?? "").replace(/^https:\/\//, "")}`,
        clientIdLists: found.ClientIDList ?? [],
        tagsAll: tagMap(found.Tags),
      }
    );
  },
  async update(aws, id, olds, news) {
    const iam = await aws.iam();
    const [before, after] = [textsAt(olds, "clientIdLists"), textsAt(news, "clientIdLists")];
    for (const ClientID of after.filter((each) => !before.includes(each))) {
      await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn: id, ClientID });
    }
    for (const ClientID of before.filter((each) => !after.includes(each))) {
      await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn: id, ClientID });
    }
  },
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: id }));
  },
};

function attachment(id: string): { RoleName: string; PolicyArn: string } {
  const [RoleName = "", ...arn] = id.split("/");
  return { RoleName, PolicyArn: arn.join("/") };
}

function rolePolicyName(id: string): { RoleName: string; PolicyName: string } {
  const [RoleName = "", PolicyName = ""] = id.split(":");
  return { RoleName, PolicyName };
}
