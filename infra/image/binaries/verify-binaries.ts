import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { z } from "zod";
import { askRegistry, Failure, type Login, messageOf, type Repository } from "../../../common";
import { type Judgement, judgeEntryPoint } from "./entry-point";
import { Layer } from "./layer";
import { commonUser, nonRoot, type User } from "./user";

/** An image in a registry. */
export interface PushedImage {
  /** For messages. */
  readonly name: string;
  readonly repository: Repository;
  /** Undefined for a registry that anybody may read. */
  readonly login: Login | undefined;
  /** Platform → digest of its manifest. */
  readonly platforms: Readonly<Record<string, string>>;
  /** Arguments of the container in place of the image's `CMD`. An empty list keeps that. */
  readonly args: readonly string[];
}

/** What was read of an image that passed. */
interface Verified {
  /** Undefined where the registry gives no configuration. */
  readonly user: User | undefined;
  /** A line about each thing that isn't known. */
  readonly doubts: readonly string[];
}

/**
 * Checks that each platform's image starts a binary for that platform, and that they have the same user. An index
 * doesn't say so: a Dockerfile that compiles for one platform alone gives each platform of the index that binary.
 *
 * @param advice What to do about a wrong binary, as sentences.
 * @throws Failure that names the platforms, with the files and what they are, or with their users.
 */
export async function verifyBinaries(image: PushedImage, advice: string): Promise<Verified> {
  const judged = await Promise.all(
    Object.entries(image.platforms).map(async ([platform, digest]) => ({
      platform,
      ...(await judge(image, digest, platform)),
    })),
  );
  const wrong = judged.flatMap(({ platform, judgement }) =>
    judgement.kind === "wrong" ? [`${platform} starts ${judgement.file}, which is ${judgement.is}`] : [],
  );
  if (wrong.length > 0) {
    throw new Failure(
      `in the image ${image.name}, ${wrong.join("; ")}. A pod on such a node would fail with "exec format error". ${advice}`,
    );
  }
  const users = judged.flatMap(({ platform, user }) => (user === undefined ? [] : [[platform, user] as const]));
  const doubts = new Map<string, string[]>();
  for (const { platform, judgement } of judged) {
    if (judgement.kind === "unknown") {
      doubts.set(judgement.why, [...(doubts.get(judgement.why) ?? []), platform]);
    }
  }
  const unjudged = [...doubts].map(
    ([why, platforms]) => `whether the image ${image.name} runs on ${platforms.join(" and ")} isn't checked: ${why}`,
  );
  if (users.length === 0) {
    const unread = `the user of the image ${image.name} can't be read, so its pods have the former one, or ${nonRoot.uid}`;
    return { user: undefined, doubts: [...unjudged, unread] };
  }
  return { user: commonUser(image.name, Object.fromEntries(users)), doubts: unjudged };
}

const manifests = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })),
});

const strings = z.array(z.string()).nullish();

const configs = z.object({
  config: z
    .object({
      Entrypoint: strings,
      Cmd: strings,
      Env: strings,
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
    })
    .nullish()
    .transform((config) => config ?? {}),
});

/**
 * A registry that refuses to be read leaves the questions open. Nodes read it with a login of theirs.
 *
 * @returns The user of the configuration too, undefined if that isn't known.
 */
async function judge(
  { repository, login, args }: PushedImage,
  digest: string,
  platform: string,
): Promise<{ readonly judgement: Judgement; readonly user: string | undefined }> {
  const layers: Layer[] = [];
  let user: string | undefined;
  try {
    const manifest = await askRegistry("GET", repository, `manifests/${digest}`, login, json);
    const { config, layers: blobs } = manifests.parse(manifest.body);
    const { body } = await askRegistry("GET", repository, `blobs/${config.digest}`, login, json);
    layers.push(
      ...blobs.map(({ mediaType, digest }) => new Layer(mediaType, () => open(repository, digest, login))).reverse(),
    );
    const { config: start } = configs.parse(body);
    user = start.User ?? "";
    return {
      judgement: await judgeEntryPoint(args.length === 0 ? start : { ...start, Cmd: args }, layers, platform),
      user,
    };
  } catch (error) {
    return { judgement: { kind: "unknown", why: messageOf(error) }, user };
  } finally {
    await Promise.all(layers.map((layer) => layer.close()));
  }
}

/** Starts to fetch a blob. The transfer ends with the stream. */
function open(repository: Repository, digest: string, login: Login | undefined): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const read = (body: IncomingMessage) => {
      resolve(body);
      return finished(body);
    };
    askRegistry("GET", repository, `blobs/${digest}`, login, read).catch(reject);
  });
}
