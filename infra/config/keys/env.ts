import { z } from "zod";
import { mustBe, scalar } from "../readers";

/** The key `env`. */
export const environment = z
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
          refuse(name, mustBe("a string (in quotes if YAML reads something else)", scalar, given));
        }
        return [name, content ?? ""];
      }),
    );
  });
