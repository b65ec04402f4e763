import type { ECR } from "@aws-sdk/client-ecr";
import type { IAM } from "@aws-sdk/client-iam";
import type { Policies } from "./authorization";

/** The policies that stacks have registered, asked from the services that keep them. */
export function registeredPolicies(clients: { iam(account: string): IAM; ecr(account: string): ECR }): Policies {
  return {
    async ofRole(account, RoleName) {
      const iam = clients.iam(account);
      const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
      return Promise.all(
        PolicyNames.map(async (PolicyName) => {
          const { PolicyDocument = "" } = await iam.getRolePolicy({ RoleName, PolicyName });
          return decodeURIComponent(PolicyDocument);
        }),
      );
    },
    async ofRepository(account, repositoryName) {
      try {
        const { policyText } = await clients.ecr(account).getRepositoryPolicy({ repositoryName });
        return policyText === undefined ? [] : [policyText];
      } catch (error) {
        const missing = ["RepositoryPolicyNotFoundException", "RepositoryNotFoundException"];
        if (error instanceof Error && missing.includes(error.name)) {
          return [];
        }
        throw error;
      }
    },
  };
}
