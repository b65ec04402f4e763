import { type Properties, textAt } from "../values";
import { type Account, explained, unless } from "./account";

/** A look-up: what it answers to the arguments. */
type Lookup = (aws: Account, args: Properties) => Promise<Properties>;

const notFound = "couldn't find resource";

/** Every look-up that the stand-in has, by its token, with the results that the program reads. */
export const functions: Readonly<Record<string, Lookup>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": ({ identity }) => Promise.resolve({ ...identity }),

  "aws:ecr/getAuthorizationToken:getAuthorizationToken": (aws) =>
    explained("getting ECR Authorization Token", async () => {
      const ecr = await aws.ecr();
      const [found] = (await ecr.getAuthorizationToken({})).authorizationData ?? [];
      const login = Buffer.from(found?.authorizationToken ?? "", "base64").toString("utf8");
      const [userName = "", password = ""] = login.split(":");
      return {
        userName,
        password,
        proxyEndpoint: found?.proxyEndpoint ?? "",
        expiresAt: found?.expiresAt?.toISOString() ?? "",
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
        arn: found.arn ?? "",
        endpoint: found.endpoint ?? "",
        certificateAuthorities: [{ data: found.certificateAuthority?.data ?? "" }],
        status: found.status ?? "",
      };
    }),

  "aws:eks/getClusters:getClusters": (aws) =>
    explained("listing EKS Clusters", async () => {
      const eks = await aws.eks();
      return { names: (await eks.listClusters({})).clusters ?? [] };
    }),
};
