import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import type { Platform } from "../../../common";
import type { BuildSource } from "../../config";
import type { FoundBases } from "../base-images";
import { type BuildContext, readContext } from "./build-context";
import { contentTag } from "./content-tag";
import { imageLabels } from "./labels";

/** What an image is built from. */
export interface Content {
  /** Two builds have the same tag if their content is the same. */
  readonly tag: string;
  readonly files: BuildContext;
  /** Named contexts that are directories. */
  readonly contexts: Readonly<Record<string, BuildContext>>;
  /** The image's labels, without the tag itself. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The folder of this project's copies of build contexts. */
export const staging = () => `node_modules/.cache/${pulumi.getProject()}`;

/** Reads what an image is built from. */
export function readContent(
  { app, dockerfile, rebuild, build, origin }: BuildSource,
  bases: FoundBases,
  platforms: readonly Platform[],
): Content {
  const { args, secrets, ssh, target } = build;
  const files = readContext(app, staging(), dockerfile);
  const contexts = Object.fromEntries(
    Object.entries(build.contexts).flatMap(([name, context]) =>
      context.kind === "directory" ? [[name, readContext(context.directory, staging())] as const] : [],
    ),
  );
  const labels = imageLabels(origin, bases.base);
  const tag = contentTag(files, fs.readFileSync(dockerfile), {
    platforms,
    bases: Object.fromEntries(bases.images.map((base) => [base.name, base.digest])),
    labels,
    rebuild,
    args,
    secrets: Object.keys(secrets),
    ssh,
    target,
    contexts,
  });
  return { tag, files, contexts, labels };
}
