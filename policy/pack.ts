import { PolicyPack } from "@pulumi/policy";
import { defaultSettings, type Settings } from "./rule";
import { rules } from "./rules";

const registries = {
  type: "array",
  items: { type: "string", minLength: 1 },
  description:
    "Registries, or paths in them, that images may come from and go to; * stands for a part of the host's name",
  default: [...defaultSettings.registries],
} as const;

/** The pack that `pulumi preview --policy-pack policy` runs. A value that a preview doesn't know is checked by the update. */
new PolicyPack("ping", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ name, description, violations }) => ({
    name,
    description,
    configSchema: name === "allowed-registries" ? { properties: { registries } } : { properties: {} },
    validateResource: (args, report) => {
      const settings = { ...defaultSettings, ...args.getConfig<Partial<Settings>>() };
      violations(args.type, args.props, settings).forEach((violation) => report(violation));
    },
  })),
});
