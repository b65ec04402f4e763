import { z } from "zod";
import { flag, matching, object, parsed, value } from "../readers";

const owner = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}";
const name = "[\\w.-]{1,100}";
const byName = new RegExp(`^${owner}/${name}$`);
const byId = new RegExp(`^${owner}@\\d+/${name}@\\d+$`);

/** `owner/name` of a repository that may be given with its ids. GitHub allows no `@` in a name. */
export const withoutIds = (repository: string): string => repository.replace(/@\d+/g, "");

const environments = z.array(
  value("the name of a GitHub environment: letters, digits, . - and _", matching(/^[\w.-]+$/)),
  { error: "be a list of GitHub environments" },
);

const someEnvironments = environments.min(1, "name at least one GitHub environment");

const workflow = value(
  "a file of .github/workflows and its branch, such as deploy.yml@main",
  matching(/^[\w.-]+\.ya?ml@[^\s~^:?*[\\]+$/),
).optional();

/** The key `github`. git check-ref-format forbids some characters in a branch. */
export const github = object({
  repository: value(
    "a GitHub repository, owner/name or, with both ids, owner@1234/name@5678",
    parsed((given) => (byName.test(given) || byId.test(given) ? given : undefined)),
  ),
  byName: flag,
  branch: value("the name of a branch", matching(/^[^\s~^:?*[\\]+$/)).optional(),
  environments: environments.prefault([]),
  workflow,
  previewEnvironments: someEnvironments.prefault(["preview"]),
  clean: object({ environments: someEnvironments.prefault(["clean"]), workflow }).optional(),
  adopt: flag,
}).superRefine(({ repository, byName: also }, context) => {
  if (also && !byId.test(repository)) {
    const message = "be left out unless github.repository has ids: without them, tokens are trusted by name anyway";
    context.addIssue({ code: "custom", path: ["byName"], message });
  }
});
