import { type Properties, textAt } from "../values";
import { type Account, explained, unless } from "./account";
import { describe, described, encryptions } from "./ecr";
import { tagMap } from "./kind";

/** A look-up: what it answers to the arguments. */
type Lookup = (aws: Account, args: Properties) => Promise<Properties>;

const notFound = "couldn't find resource";

/**
 * Every look-up that this plugin has, by its token. As with the real provider, what comes back is no secret to the
 * engine, also where it is one: the program has to say so.
 */
export const functions: Readonly<Record<string, Lookup>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": ({ identity }) =>
    Promise.resolve({ ...identity, id: identity.accountId }),

  "aws:index/getRegion:getRegion": ({ region }) =>
    Promise.resolve({ id: region, name: region, region, description: region, endpoint: `ec2.${region}.amazonaws.com` }),

  "aws:ecr/getAuthorizationToken:getAuthorizationToken": (aws, args) =>
    explained("getting ECR Authorization Token", async () => {
      const ecr = await aws.ecr();
      const registryId = textAt(args, "registryId");
      const request = registryId === "" ? {} : { registryIds: [registryId] };
      const [found] = (await ecr.getAuthorizationToken(request)).authorizationData ?? [];
      const authorizationToken = found?.authorizationToken ?? "";
      const [userName = "", password = ""] = Buffer.from(authorizationToken, "base64").toString("utf8").split(":");
      return {
        ...args,
        id: aws.region,
        region: aws.region,
        authorizationToken,
        userName,
        password,
        proxyEndpoint: found?.proxyEndpoint ?? "",
        expiresAt: found?.expiresAt?.toISOString() ?? "",
      };
    }),

  "aws:ecr/getRepository:getRepository": (aws, args) =>
    explained(`reading ECR Repository (${textAt(args, "name")})`, async () => {
      const ecr = await aws.ecr();
      const repositoryName = textAt(args, "name");
      const registryId = textAt(args, "registryId");
      const where = registryId === "" ? {} : { registryId };
      const found = await describe(() => ecr.describeRepositories({ repositoryNames: [repositoryName], ...where }));
      if (found === undefined) {
        throw new Error(notFound);
      }
      const { tags } = await ecr.listTagsForResource({ resourceArn: found.repositoryArn });
      const { imageDetails = [] } = await ecr.describeImages({ repositoryName, ...where });
      const [latest] = imageDetails
        .filter((image) => image.imageTags !== undefined)
        .sort((a, b) => Number(b.imagePushedAt) - Number(a.imagePushedAt));
      return {
        ...described(found),
        id: repositoryName,
        region: aws.region,
        encryptionConfigurations: encryptions(found).map((each) => ({ kmsKey: "", ...each })),
        imageScanningConfigurations: [{ scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false }],
        mostRecentImageTags: latest?.imageTags ?? [],
        tags: tagMap(tags),
      };
    }),

  "aws:eks/getCluster:getCluster": (aws, args) =>
    explained(`reading EKS Cluster (${textAt(args, "name")})`, async () => {
      const eks = await aws.eks();
      const name = textAt(args, "name");
      const found = (await unless(["ResourceNotFoundException"], () => eks.describeCluster({ name })))?.cluster;
      if (found === undefined) {
        throw new Error(notFound);
      }
      return {
        id: name,
        name,
        region: aws.region,
        arn: found.arn ?? "",
        endpoint: found.endpoint ?? "",
        certificateAuthorities: [{ data: found.certificateAuthority?.data ?? "" }],
        status: found.status ?? "",
        version: found.version ?? "",
        platformVersion: found.platformVersion ?? "",
        roleArn: found.roleArn ?? "",
        createdAt: found.createdAt?.toISOString() ?? "",
        identities: [{ oidcs: [{ issuer: found.identity?.oidc?.issuer ?? "" }] }],
        tags: { ...found.tags },
      };
    }),

  "aws:eks/getClusters:getClusters": (aws) =>
    explained("listing EKS Clusters", async () => {
      const eks = await aws.eks();
      const names: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await eks.listClusters({ nextToken });
        names.push(...(page.clusters ?? []));
        nextToken = page.nextToken || undefined;
      } while (nextToken !== undefined);
      return { id: aws.region, region: aws.region, names };
    }),

  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": (aws, args) =>
    explained("reading IAM OIDC Provider", async () => {
      const iam = await aws.iam();
      const host = textAt(args, "url").replace(/^https:\/\//, "");
      const { OpenIDConnectProviderList = [] } = await iam.listOpenIDConnectProviders();
      const arns = OpenIDConnectProviderList.map(({ Arn = "" }) => Arn);
      const arn = textAt(args, "arn") || arns.find((each) => each.endsWith(`:oidc-provider/${host}`));
      if (arn === undefined || !arns.includes(arn)) {
        throw new Error(notFound);
      }
      const found = await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: arn });
      return {
        id: arn,
        arn,
        url: (found.Url ?? "").replace(/^https:\/\//, ""),
        clientIdLists: found.ClientIDList ?? [],
        thumbprintLists: found.ThumbprintList ?? [],
        tags: tagMap(found.Tags),
      };
    }),
};
