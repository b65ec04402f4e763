import { z } from "zod";
import { type OwnResource, parseImage } from "../../common";
import { versionLabel } from "./content";

/**
 * The build argument that counts how often a content was built again. Without a changed input, the provider would build
 * nothing. No Dockerfile uses it.
 */
export const repeatedArg = "CONTENT_BUILT_AGAIN";

/** What Pulumi's state has of a build. */
interface LastBuild {
  /** `host[:port]/path` that the image was pushed to. */
  readonly repository: string | undefined;
  /** Tag of its content. */
  readonly tag: string | undefined;
  /** How often the content was built again. */
  readonly repeated: number;
}

/** Finds a build in what this stack's last update recorded. Undefined if there is none of this name. */
export function lastBuild(name: string, own: readonly OwnResource[]): LastBuild | undefined {
  const found = own.find((each) => each.type === "docker-build:index:Image" && each.name === name);
  if (found === undefined) {
    return undefined;
  }
  const { labels, buildArgs, tags } = build.parse(found.outputs);
  // A build that pushed the tag itself, as earlier versions of this program did, has it in the state.
  const repository = tags[0] === undefined ? undefined : parseImage(tags[0])?.repository.name;
  return { repository, tag: labels[versionLabel], repeated: Number(buildArgs[repeatedArg] ?? 0) };
}

const texts = z.record(z.string(), z.string()).default({});

const build = z.object({
  labels: texts,
  buildArgs: texts,
  tags: z.array(z.string()).default([]),
});
