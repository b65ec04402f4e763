import { isDeepStrictEqual } from "node:util";
import { at, numberAt, type Properties, textAt } from "../values";
import { unless } from "./account";
import { type Kind, tagList, tagMap } from "./kind";

const gone = ["NoSuchEntity", "NoSuchEntityException"];

/** `aws:iam/role:Role`; its id is its name. */
export const role: Kind = {
  title: "IAM Role",
  inputs: {
    name: { replaces: true },
    assumeRolePolicy: { required: true, document: true },
    description: { otherwise: "" },
    maxSessionDuration: { otherwise: 3600 },
    path: { replaces: true, otherwise: "/" },
    tags: { otherwise: {} },
  },
  async create(aws, inputs, tags) {
    const iam = await aws.iam();
    const RoleName = textAt(inputs, "name");
    const description = textAt(inputs, "description");
    await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: textAt(inputs, "assumeRolePolicy"),
      ...(description === "" ? {} : { Description: description }),
      MaxSessionDuration: numberAt(3600, inputs, "maxSessionDuration"),
      Path: textAt(inputs, "path") || "/",
      Tags: tagList(tags),
    });
    return RoleName;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const found = (await unless(gone, () => iam.getRole({ RoleName: id })))?.Role;
    if (found === undefined) {
      return undefined;
    }
    return {
      name: found.RoleName ?? "",
      arn: found.Arn ?? "",
      uniqueId: found.RoleId ?? "",
      createDate: found.CreateDate?.toISOString() ?? "",
      assumeRolePolicy: decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
      description: found.Description ?? "",
      maxSessionDuration: found.MaxSessionDuration ?? 3600,
      path: found.Path ?? "",
      tagsAll: tagMap((await iam.listRoleTags({ RoleName: id })).Tags),
    };
  },
  async update(aws, id, olds, news, tags) {
    const iam = await aws.iam();
    if (textAt(olds, "assumeRolePolicy") !== textAt(news, "assumeRolePolicy")) {
      await iam.updateAssumeRolePolicy({ RoleName: id, PolicyDocument: textAt(news, "assumeRolePolicy") });
    }
    const settings = (from: Properties) => ({
      Description: textAt(from, "description"),
      MaxSessionDuration: numberAt(3600, from, "maxSessionDuration"),
    });
    if (!isDeepStrictEqual(settings(olds), settings(news))) {
      await iam.updateRole({ RoleName: id, ...settings(news) });
    }
    if (tags.remove.length > 0) {
      await iam.untagRole({ RoleName: id, TagKeys: [...tags.remove] });
    }
    if (Object.keys(tags.set).length > 0) {
      await iam.tagRole({ RoleName: id, Tags: tagList(tags.set) });
    }
  },
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.deleteRole({ RoleName: id }));
  },
};

/** `aws:iam/rolePolicy:RolePolicy`, a policy inside a role; its id is `role:name`. */
export const rolePolicy: Kind = {
  title: "IAM Role Policy",
  inputs: {
    name: { replaces: true },
    role: { required: true, replaces: true },
    policy: { required: true, document: true },
  },
  async create(aws, inputs) {
    const iam = await aws.iam();
    const [RoleName, PolicyName] = [textAt(inputs, "role"), textAt(inputs, "name")];
    await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: textAt(inputs, "policy") });
    return `${RoleName}:${PolicyName}`;
  },
  async read(aws, id) {
    const iam = await aws.iam();
    const found = await unless(gone, () => iam.getRolePolicy(rolePolicyName(id)));
    return (
      found && {
        role: found.RoleName ?? "",
        name: found.PolicyName ?? "",
        policy: decodeURIComponent(found.PolicyDocument ?? ""),
      }
    );
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

/** `aws:iam/openIdConnectProvider:OpenIdConnectProvider`; its id is its ARN. */
export const openIdConnectProvider: Kind = {
  title: "IAM OIDC Provider",
  inputs: {
    url: { required: true, replaces: true },
    clientIdLists: { required: true },
    thumbprintLists: { computed: true },
    tags: { otherwise: {} },
  },
  async create(aws, inputs, tags) {
    const iam = await aws.iam();
    const { OpenIDConnectProviderArn = "" } = await iam.createOpenIDConnectProvider({
      Url: textAt(inputs, "url"),
      ClientIDList: strings(inputs, "clientIdLists"),
      ThumbprintList: strings(inputs, "thumbprintLists"),
      Tags: tagList(tags),
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
        thumbprintLists: found.ThumbprintList ?? [],
        tagsAll: tagMap(found.Tags),
      }
    );
  },
  async update(aws, id, olds, news, tags) {
    const iam = await aws.iam();
    const OpenIDConnectProviderArn = id;
    const [before, after] = [strings(olds, "clientIdLists"), strings(news, "clientIdLists")];
    for (const ClientID of after.filter((each) => !before.includes(each))) {
      await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
    }
    for (const ClientID of before.filter((each) => !after.includes(each))) {
      await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
    }
    const ThumbprintList = strings(news, "thumbprintLists");
    if (ThumbprintList.length > 0 && !isDeepStrictEqual(ThumbprintList, strings(olds, "thumbprintLists"))) {
      await iam.updateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn, ThumbprintList });
    }
    if (tags.remove.length > 0) {
      await iam.untagOpenIDConnectProvider({ OpenIDConnectProviderArn, TagKeys: [...tags.remove] });
    }
    if (Object.keys(tags.set).length > 0) {
      await iam.tagOpenIDConnectProvider({ OpenIDConnectProviderArn, Tags: tagList(tags.set) });
    }
  },
  async delete(aws, id) {
    const iam = await aws.iam();
    await unless(gone, () => iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: id }));
  },
};

function rolePolicyName(id: string): { RoleName: string; PolicyName: string } {
  const [RoleName = "", PolicyName = ""] = id.split(":");
  return { RoleName, PolicyName };
}

function strings(properties: Properties, key: string): string[] {
  const found = at(properties, key);
  return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
}
