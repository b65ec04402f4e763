import { PolicyPack } from "@pulumi/policy";
import { allowedAccounts, type AwsAccounts, promotedFrom } from "./aws-accounts";
import { ownRepository } from "./own-repository";
import { defaultSettings, type Settings } from "./rule";
import { rules } from "./rules";

const registries = {
  type: "array",
  items: { type: "string", minLength: 1 },
  description:
    "Registries, or paths in them, that images may come from and go to, beside the stack's own repository, and ECR in the accounts of aws:allowedAccountIds and in the one that the stack promotes from; * stands for a part of the host's name",
  default: [...defaultSettings.registries],
} as const;

/** The accounts that the stack may change; none until the engine has registered AWS's default provider. */
let aws: AwsAccounts = defaultSettings;
/** The account that the stack's image is promoted from, once the engine has registered its registry. */
let promoter: string | undefined;
/** The stack's repository outside of ECR, once the engine has registered its image. */
let own: string | undefined;

/** The pack that `pulumi preview --policy-pack policy` runs. A value that a preview doesn't know is checked by the update. */
new PolicyPack("ping", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ name, description, violations }) => ({
    name,
    description,
    configSchema: name === "allowed-registries" ? { properties: { registries } } : { properties: {} },
    validateResource: (args, report) => {
      aws = allowedAccounts(args.type, args.name, args.props) ?? aws;
      promoter = promotedFrom(args.type, args.props) ?? promoter;
      own = ownRepository(args.type, args.props) ?? own;
      const accounts = promoter === undefined ? aws.accounts : [...aws.accounts, promoter];
      const given = { ...defaultSettings, ...args.getConfig<Partial<Settings>>() };
      const settings = {
        ...given,
        registries: own === undefined ? given.registries : [...given.registries, own],
        accounts,
        awsDomain: aws.awsDomain,
      };
      violations(args.type, args.props, settings).forEach((violation) => report(violation));
    },
  })),
});
