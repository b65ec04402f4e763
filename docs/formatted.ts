import { readFileSync } from "node:fs";
import { format, type OxfmtConfig } from "oxfmt";

/** The text as `npm run format` leaves it, of a file with this name. */
export async function formatted(file: string, text: string): Promise<string> {
  const settings = JSON.parse(readFileSync(".oxfmtrc.json", "utf8")) as OxfmtConfig;
  const { code, errors } = await format(file, text, settings);
  if (errors.length > 0) {
    throw new Error(`${file} can't be formatted: ${errors.map(({ message }) => message).join(", ")}.`);
  }
  return code;
}
