import { z } from "zod";
import { matching, object, type Reader, scalar, value } from "../readers";
import { contexts } from "./contexts";

/** Build arguments that the program sets itself, in infra/image/service-image.ts. */
const ownArgs = ["SOURCE_DATE_EPOCH", "BUILDKIT_MULTI_PLATFORM"];

/** The docker-build provider takes an empty text for one that isn't known yet, and would build nothing in a preview. */
const filled: Reader<string> = (input) => scalar(input) || undefined;

/**
 * An object of names and texts.
 *
 * @param wrong What a name must be, where this one is wrong. It completes the sentence "the key must …".
 */
function texts(wrong: (name: string) => string | undefined) {
  return z
    .record(z.string(), value("a text that isn't empty (in quotes if YAML reads something else)", filled), {
      error: "be an object of names and texts",
    })
    .superRefine((given, context) => {
      for (const name of Object.keys(given)) {
        const message = wrong(name);
        if (message !== undefined) {
          context.addIssue({ code: "custom", path: [name], message });
        }
      }
    });
}

const id = /^[\w-]+$/;

/** The key `build`. */
export const build = object({
  args: texts((name) => {
    if (ownArgs.includes(name)) {
      return `be left out: the program sets ${ownArgs.join(", ")}`;
    }
    return /^[A-Za-z_]\w*$/.test(name) ? undefined : "have a name of letters, digits and _ that starts with no digit";
  }).optional(),
  secrets: texts((name) => (id.test(name) ? undefined : "have an id of letters, digits, _ and -")).optional(),
  ssh: z
    .array(value("an id of letters, digits, _ and -, such as default", matching(id)), {
      error: 'be a list of ids of RUN --mount=type=ssh, such as ["default"]',
    })
    .optional(),
  contexts: contexts.optional(),
  target: value("the name of a stage in the Dockerfile", matching(/^[a-z][\w.-]*$/i)).optional(),
});
