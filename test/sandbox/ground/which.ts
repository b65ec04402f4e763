import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../common";

/** The file that a command's name stands for, or undefined. */
export function which(name: string, path = process.env["PATH"]): string | undefined {
  return (path ?? "")
    .split(":")
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * The file that a command's name stands for.
 * @throws Failure when there is none.
 */
export function locate(name: string): string {
  const file = which(name);
  if (file === undefined) {
    throw new Failure(`the command ${name} is not on PATH`);
  }
  return file;
}
