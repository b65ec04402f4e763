import { z } from "zod";
import { familiarName, type Image, parseFamiliar, parseImage } from "../../../common";

/** The key `bases`: the shortest name of a base image → where it comes from. */
export const bases = z
  .record(z.string(), z.unknown(), { error: "be an object of images and where they come from" })
  .transform((given, context) => {
    const refuse = (name: string, message: string) => {
      context.addIssue({ code: "custom", path: [name], message });
    };
    const places: Record<string, Image> = {};
    for (const [name, place] of Object.entries(given)) {
      const image = parseFamiliar(name);
      const found = typeof place === "string" ? parseImage(place) : undefined;
      if (image === undefined || image.digest !== undefined) {
        refuse(name, "have the name of an image as in a FROM line, without a digest");
      } else if (found === undefined || found.digest !== undefined) {
        refuse(name, "be an image as host[:port]/path[:tag], without a digest");
      } else {
        places[familiarName(image)] = found;
      }
    }
    return places;
  });
