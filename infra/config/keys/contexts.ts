import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { familiarName, type Image, parseFamiliar } from "../../../common";

/** What a Dockerfile gets in place of a stage or an image. */
export type NamedContext =
  | { readonly kind: "directory"; readonly directory: string }
  | { readonly kind: "image"; readonly image: Image };

/** The key `build.contexts`: a name of the Dockerfile → a directory or an image. */
export const contexts = z
  .record(z.string(), z.unknown(), { error: "be an object of names and their directories or images" })
  .transform((given, context) => {
    const found: Record<string, NamedContext> = {};
    for (const [name, place] of Object.entries(given)) {
      const named = parseFamiliar(name);
      const read = typeof place === "string" && place !== "" ? readContext(place) : undefined;
      // BuildKit looks up neither name.
      if (named === undefined || /^(?:scratch|context)$/i.test(name)) {
        const message = "have a name as in FROM or COPY --from, other than scratch and context";
        context.addIssue({ code: "custom", path: [name], message });
      } else if (read === undefined) {
        const isPath = typeof place === "string" && place !== "" && !place.includes("://");
        const looked = isPath ? ` (looked at ${path.resolve(place)})` : "";
        const message = `be a directory${looked} or an image, such as ./shared or docker-image://alpine:3`;
        context.addIssue({ code: "custom", path: [name], message });
      } else {
        found[familiarName(named)] = read;
      }
    }
    return found;
  });

/** A directory that exists goes before an image of the same name. */
function readContext(place: string): NamedContext | undefined {
  const scheme = "docker-image://";
  if (fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    return { kind: "directory", directory: place };
  }
  const image = parseFamiliar(place.startsWith(scheme) ? place.slice(scheme.length) : place);
  return image && { kind: "image", image };
}
