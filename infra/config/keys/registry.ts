import { z } from "zod";
import { isEcrName, parseRepository } from "../../../common";
import { awsAccountId, flag, integer, object, parsed, text, value } from "../readers";

const place =
  "a repository, as host[:port]/path without scheme, tag or digest, in lower case, with no slash at the end";

/** A repository in ECR. */
const ecr = object({
  repository: value(
    "a name of 2 to 256 characters: lower case letters and digits, with a single . _ - or / between them",
    parsed((given) => (isEcrName(given) ? given : undefined)),
  ).optional(),
  adopt: flag,
  protect: flag,
  forceDelete: flag,
  expireAfter: value("a whole number of days from 1 on", integer(1, Number.MAX_SAFE_INTEGER)).optional(),
  pullAccounts: z
    .array(awsAccountId, { error: 'be a list of account numbers of AWS, such as ["111122223333"]' })
    .refine((list) => new Set(list).size === list.length, "name each account once")
    .optional(),
}).superRefine((given, context) => {
  for (const key of ["protect", "forceDelete", "expireAfter", "pullAccounts"] as const) {
    if (given.adopt && given[key]) {
      const message = "be left out if registry.ecr.adopt is true: whoever made the repository decides";
      context.addIssue({ code: "custom", path: [key], message });
    }
  }
});

/** The key `registry`. */
export const registry = object({
  ecr: ecr.optional(),
  url: value(place, parsed(parseRepository)).optional(),
  username: value("a user's name", text).optional(),
  password: value("a password or token", text).optional(),
}).superRefine((given, context) => {
  const refuse = (key: string, message: string) => {
    context.addIssue({ code: "custom", path: [key], message });
  };
  if (given.ecr !== undefined) {
    for (const key of ["url", "username", "password"] as const) {
      if (given[key] !== undefined) {
        refuse(key, "be left out if registry.ecr is set");
      }
    }
    return;
  }
  if (given.url === undefined) {
    refuse("url", `be ${place}, unless registry.ecr is set`);
  }
  const missing = given.password === undefined ? "password" : "username";
  if ((given.username === undefined) !== (given.password === undefined)) {
    refuse(missing, "be set too: username and password come together");
  }
});
