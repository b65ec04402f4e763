/** Where the mocked AWS is: the keys of its provider. */
export const awsConfig = { "aws:region": "eu-central-1", "aws:allowedAccountIds": '["111122223333"]' };

/** The host of its account's registry. */
export const registryHost = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";

/** ARN of its EKS cluster. */
export const clusterArn = "arn:aws:eks:eu-central-1:111122223333:cluster/main";

/** What its functions return, by token, with the API server of its one cluster on this port. */
export const awsFunctions = (apiServer = 443) => ({
  "aws:index/getCallerIdentity:getCallerIdentity": {
    accountId: "111122223333",
    arn: "arn:aws:sts::111122223333:assumed-role/admin/me",
  },
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
    proxyEndpoint: `https://${registryHost}`,
    userName: "AWS",
    password: "hush",
    authorizationToken: "QVdTOmh1c2g=",
  },
  "aws:eks/getCluster:getCluster": {
    arn: clusterArn,
    endpoint: `https://127.0.0.1:${apiServer}`,
    certificateAuthorities: [{ data: "Q0E=" }],
    status: "ACTIVE",
  },
  "aws:eks/getClusters:getClusters": { names: ["main", "other"] },
});

/** What its resources have after an update, by type. */
export const awsOutputs = {
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": () => ({ arn: "arn:github" }),
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": () => ({ associationArn: "arn:association" }),
  "aws:iam/role:Role": ({ name }: Readonly<Record<string, unknown>>) => ({ arn: `arn:${String(name)}` }),
};
