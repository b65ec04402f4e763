import { z } from "zod";
import { isCidr } from "./cidr";
import { knownPlatforms } from "./platform";
import { parseQuantity } from "./quantity";
import { parsePinned, parseRepository } from "./reference";
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

const registry = object({
  url: value("a repository, as host[:port]/path without scheme, tag or digest", parsed(parseRepository)),
  username: value("a user's name", text).optional(),
  password: value("a password or token", text).optional(),
}).superRefine(({ username, password }, context) => {
  const missing = password === undefined ? "password" : "username";
  if ((username === undefined) !== (password === undefined)) {
    context.addIssue({ code: "custom", path: [missing], message: "be set where the other of the two is" });
  }
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
 * Defaults for the service in `app/`: it takes 13 MB under load (`npm run bench`), which Go's heap may double between two
 * collections, and the kubelet counts a container's logs, up to 5 files of 10 MiB, as its ephemeral storage. Both are
 * requested in full, since pods that take more than they requested are the first to go when a node runs short; CPU is
 * shared again as soon as others want theirs.
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
  cluster: object({ context: value("the name of a context in the kubeconfig", text) }),
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
});
