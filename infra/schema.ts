import { z } from "zod";
import { isCidr } from "./cidr";
import { knownPlatforms } from "./platform";
import { nearest } from "./problems";
import { parseQuantity } from "./quantity";
import { isEcrName, parsePinned, parseRepository } from "./reference";
import { regions } from "./region";
import { progressDeadlines } from "./timing";

/** Reads an allowed value, undefined for any other. */
type Reader<T> = (input: unknown) => T | undefined;

/** A single value. Messages, here and below, say what is allowed and read on after "must". */
function value<T>(allowed: string, read: Reader<T>) {
  return z.unknown().transform((input, context): T => {
    const found = read(input);
    if (found !== undefined) {
      return found;
    }
    context.addIssue({ code: "custom", message: `be ${allowed}` });
    return z.NEVER;
  });
}

const text: Reader<string> = (input) => (typeof input === "string" && input !== "" ? input : undefined);

const parsed =
  <T>(parse: (text: string) => T | undefined): Reader<T> =>
  (input) =>
    typeof input === "string" ? parse(input) : undefined;

/** Numbers arrive as strings where the whole value of a key is one, as numbers inside an object. */
const integer =
  (min: number, max: number): Reader<number> =>
  (input) => {
    const number = typeof input === "string" && /^\d+$/.test(input) ? Number(input) : input;
    return typeof number === "number" && Number.isInteger(number) && min <= number && number <= max
      ? number
      : undefined;
  };

/**
 * `pulumi config set --path` and YAML turn what looks like a number or a boolean into one. Those that can be turned back
 * without a loss are; `1.10` has become 1.1 by now, and a long number has lost its last digits.
 */
const scalar: Reader<string> = (input) =>
  typeof input === "boolean" || Number.isSafeInteger(input) ? String(input) : parsed((same) => same)(input);

const quantity: Reader<string> = (input) => {
  const given = typeof input === "number" ? String(input) : input;
  return typeof given === "string" && parseQuantity(given) !== undefined ? given : undefined;
};

/** The text itself where it has this form. */
const matching = (form: RegExp): Reader<string> => parsed((given) => (form.test(given) ? given : undefined));

/** Inside an object `pulumi config set --path` and YAML make one of it, elsewhere it stays a string. */
const boolean: Reader<boolean> = (input) => {
  const given = String(input);
  return given === "true" || given === "false" ? given === "true" : undefined;
};

/** `400m` of memory is 0.4 bytes, which Kubernetes accepts. */
const byteQuantity: Reader<string> = (input) => (String(input).endsWith("m") ? undefined : quantity(input));

/** An object with these keys and no others. */
function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: `be an object with the keys ${Object.keys(shape).join(", ")}` });
}

const environment = z
  .record(z.string(), z.unknown(), { error: "be an object of names and values" })
  .transform((variables, context) => {
    const refuse = (name: string, message: string) => {
      context.addIssue({ code: "custom", path: [name], message });
    };
    return Object.fromEntries(
      Object.entries(variables).map(([name, given]) => {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
          refuse(name, "have a name of letters, digits and _ that starts with no digit");
        }
        const content = scalar(given);
        if (content === undefined) {
          refuse(name, "be a string (in quotes, where YAML reads something else)");
        }
        return [name, content ?? ""];
      }),
    );
  });

const platform = value(`one of ${knownPlatforms.join(", ")}`, (input) =>
  knownPlatforms.find((known) => known === input),
);

const platforms = z
  .array(platform, { error: "be a list of platforms" })
  .min(1, "name at least one platform")
  .refine((list) => new Set(list).size === list.length, "name each platform once");

const flag = value("true or false", boolean).prefault(false);

/** A repository in ECR. */
export const ecr = object({
  repository: value(
    "a name of 2 to 256 characters: lower case letters and digits, with a single . _ - or / between them",
    parsed((given) => (isEcrName(given) ? given : undefined)),
  ).optional(),
  adopt: flag,
  protect: flag,
  forceDelete: flag,
}).superRefine((given, context) => {
  for (const key of ["protect", "forceDelete"] as const) {
    if (given.adopt && given[key]) {
      const message = "be left out where registry.ecr.adopt is true: whoever made the repository decides";
      context.addIssue({ code: "custom", path: [key], message });
    }
  }
});

const registry = object({
  ecr: ecr.optional(),
  url: value("a repository, as host[:port]/path without scheme, tag or digest", parsed(parseRepository)).optional(),
  username: value("a user's name", text).optional(),
  password: value("a password or token", text).optional(),
}).superRefine((given, context) => {
  const refuse = (key: string, message: string) => {
    context.addIssue({ code: "custom", path: [key], message });
  };
  if (given.ecr !== undefined) {
    for (const key of ["url", "username", "password"] as const) {
      if (given[key] !== undefined) {
        refuse(key, "be left out where registry.ecr is set");
      }
    }
    return;
  }
  if (given.url === undefined) {
    refuse("url", "be a repository, as host[:port]/path without scheme, tag or digest, where registry.ecr isn't set");
  }
  const missing = given.password === undefined ? "password" : "username";
  if ((given.username === undefined) !== (given.password === undefined)) {
    refuse(missing, "be set where the other of the two is");
  }
});

/** A stack's name, alone or with its project and organization in front. */
const stack = value("the name of a stack, [[organization/]project/]stack", matching(/^(?:[\w.-]+\/){0,2}[\w.-]+$/));

/** The name's form is that of the EKS API's CreateCluster, the role's that of IAM. */
const eks = object({
  name: value(
    "the name of an EKS cluster: up to 100 letters, digits, - and _",
    matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  ),
  profile: value("the name of a profile in the AWS configuration", text).optional(),
  role: value(
    "the ARN of an IAM role, arn:aws:iam::<12 digits>:role/<name>",
    matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
  ).optional(),
});

const clusterKeys = ["context", "eks", "stack"] as const;

const cluster = z
  .strictObject(
    {
      context: value("the name of a context in the kubeconfig", text).optional(),
      eks: eks.optional(),
      stack: stack.optional(),
    },
    { error: "be an object with one of the keys context, eks, stack" },
  )
  .superRefine((given, context) => {
    const [first, ...others] = clusterKeys.filter((key) => given[key] !== undefined);
    if (first === undefined) {
      context.addIssue({ code: "custom", message: "have one of the keys context, eks, stack" });
    }
    for (const other of others) {
      context.addIssue({ code: "custom", path: [other], message: `be left out where cluster.${first} is set` });
    }
  });

const github = object({
  repository: value("a GitHub repository, owner/name", matching(/^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}\/[\w.-]{1,100}$/)),
  // git's own rule for names of refs, check-ref-format.
  branch: value("the name of a branch", matching(/^[^\s~^:?*[\\]+$/)).optional(),
  environments: z
    .array(value("the name of a GitHub environment: letters, digits, . - and _", matching(/^[\w.-]+$/)), {
      error: "be a list of GitHub environments",
    })
    .prefault([]),
  adopt: flag,
});

const count = value("a whole number from 1 on", integer(1, Number.MAX_SAFE_INTEGER));

const replicas = object({ min: count.prefault(2), max: count.prefault(10) }).superRefine(({ min, max }, context) => {
  if (max < min) {
    context.addIssue({ code: "custom", path: ["max"], message: `be at least replicas.min, ${min}` });
  }
});

const cpu = value("a CPU quantity such as 250m or 1", quantity);
const bytes = value("a number of bytes such as 64Mi", byteQuantity);

/**
 * Defaults for the service in `app/`: 64 MiB hold 2,000 keep-alive connections (`app/process_test.go`). The kubelet counts
 * a container's logs, up to 5 files of 10 MiB, as its ephemeral storage. Both are requested in full, since pods that take
 * more than they requested are the first to go when a node runs short; CPU is shared again as soon as others want theirs.
 */
const resources = object({
  requests: object({
    cpu: cpu.prefault("50m"),
    memory: bytes.prefault("64Mi"),
    "ephemeral-storage": bytes.prefault("128Mi"),
  }).prefault({}),
  limits: object({
    cpu: cpu.prefault("1"),
    memory: bytes.prefault("64Mi"),
    "ephemeral-storage": bytes.prefault("128Mi"),
  }).prefault({}),
}).superRefine(({ requests, limits }, context) => {
  for (const name of ["cpu", "memory", "ephemeral-storage"] as const) {
    if ((parseQuantity(limits[name]) ?? 0) < (parseQuantity(requests[name]) ?? 0)) {
      const message = `be at least resources.requests.${name}, ${requests[name]}`;
      context.addIssue({ code: "custom", path: ["limits", name], message });
    }
  }
});

const { min: shortest, max: longest } = progressDeadlines;
const progressDeadline = value(`a whole number of seconds from ${shortest} to ${longest}`, integer(shortest, longest));
const port = value("a whole number from 1 to 65535", integer(1, 65535));

const egress = z.array(
  object({
    cidr: value(
      "a network in CIDR notation with no bits set behind its prefix, such as 10.0.0.0/8, 192.0.2.7/32 or 2001:db8::/32",
      parsed((given) => (isCidr(given) ? given : undefined)),
    ),
    ports: z
      .array(port, { error: "be a list of TCP ports" })
      .min(1, "name at least one port; left out, it stands for all")
      .optional(),
  }),
  { error: "be a list of objects with the keys cidr, ports" },
);

/** Every config key: what is allowed and what it is where the stack doesn't set it. Pulumi.yaml says the same. */
export const schema = object({
  app: value("a path", text).prefault("./app"),
  dockerfile: value("a path", text).optional(),
  platforms: platforms.prefault(["linux/amd64", "linux/arm64"]),
  builder: value("the name of a buildx builder", text).optional(),
  registry: registry.optional(),
  image: value(
    "an image by digest, host[:port]/path@sha256:<64 hex digits>: a tag can move between two deployments",
    parsed(parsePinned),
  ).optional(),
  imageFrom: stack.optional(),
  cluster,
  port: port.prefault(8080),
  healthPath: value(
    "a path that starts with /",
    parsed((given) => (/^\/\S*$/.test(given) ? given : undefined)),
  ).prefault("/health"),
  env: environment.prefault({}),
  replicas: replicas.prefault({}),
  progressDeadline: progressDeadline.prefault(progressDeadlines.default),
  resources: resources.prefault({}),
  egress: egress.prefault([]),
  github: github.optional(),
});

/**
 * The AWS provider's own keys, as far as this program wants them set. A number in place of an account has lost its
 * leading zeros.
 */
export const awsSchema = z.object({
  region: z.unknown().transform((given, context): string => {
    const found = regions.find((region) => region === given);
    if (found === undefined) {
      const like = typeof given === "string" ? `perhaps ${nearest(given, regions)}` : "such as eu-central-1";
      context.addIssue({ code: "custom", message: `be a region of AWS, ${like}` });
    }
    return found ?? z.NEVER;
  }),
  allowedAccountIds: z
    .array(value("an account number of AWS: 12 digits, in quotes", matching(/^\d{12}$/)), {
      error: 'be a list of account numbers of AWS, such as ["111122223333"]',
    })
    .min(1, "name at least one account"),
});
