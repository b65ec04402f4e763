import { z } from "zod";
import { Failure, parsePinned, type Repository } from "../../common";
import { lastGood, recentReleases } from "../release";
import type { Run } from "../run";
import { exportState, listStacks, ownerTag, readResources, readTags } from "../stack";
import type { Use } from "./cleaning";

/** What a stack uses, and in which account of AWS. */
export interface StackUse extends Use {
  /** Undefined where its config allows none or several. */
  readonly account: string | undefined;
}

/**
 * What all stacks of this project use of a repository.
 *
 * @param backends URLs of backends beside the one that the environment names.
 * @throws Failure where a stack can't be read, where a job is changing one, and where a backend has none.
 */
export async function imageUses(
  run: Run,
  repository: Repository,
  backends: readonly string[],
): Promise<readonly StackUse[]> {
  const found: StackUse[] = [];
  for (const backend of [undefined, ...backends]) {
    const there = backend === undefined ? run : inBackend(run, backend);
    const stacks = await listStacks(there);
    if (stacks.length === 0) {
      throw new Failure(
        `${backend ?? "the backend"} has no stack of this project, so nobody knows what runs. Nothing is deleted. Check ` +
          "PULUMI_BACKEND_URL, and the backends after the options.",
      );
    }
    for (const { name: stack } of stacks) {
      const name = backend === undefined ? stack : `${stack} (${backend})`;
      found.push(await stackUse(there, stack, name, repository));
    }
  }
  return found;
}

function inBackend(run: Run, url: string): Run {
  return (command, options) => run(command, { ...options, env: { ...options?.env, PULUMI_BACKEND_URL: url } });
}

async function stackUse(run: Run, stack: string, name: string, repository: Repository): Promise<StackUse> {
  const tags = await readTags(run, stack);
  const owner = tags[ownerTag];
  if (owner !== undefined) {
    throw new Failure(
      `the job ${owner} is changing the stack ${name} and may deploy any image of ${repository.name}. Nothing is deleted: try ` +
        `again once it has ended. If it was killed, the next release of ${name} takes the stack tag ${ownerTag} away.`,
    );
  }
  const good = lastGood(tags);
  const exported = await exportState(run, stack);
  // The whole state is searched: inputs, outputs, and operations that haven't ended. The tag of a build that is running is its
  // version's label. A stash and the id of a build are left out: the first may be of an earlier image, and the second is the
  // digest of the first image that was built.
  const isEarlier = (key: string, value: unknown) => key === "id" || isStash(value);
  const state = JSON.stringify(JSON.parse(exported), (key, value: unknown) =>
    isEarlier(key, value) ? undefined : value,
  );
  const named = state.matchAll(
    new RegExp(`(?:${escape(repository.name)}:|"org\\.opencontainers\\.image\\.version":")([\\w][\\w.-]{0,127})`, "g"),
  );
  return {
    stack: name,
    account: accountOf(exported),
    digests: [...new Set(state.match(/sha256:[0-9a-f]{64}/g))],
    tags: [...new Set([...named].map(([, tag = ""]) => tag))],
    lastGood: good && parsePinned(good.image)?.digest,
    recent: recentReleases(tags),
  };
}

const stash = z.object({ type: z.literal("pulumi:index:Stash") });

const isStash = (value: unknown): boolean => stash.safeParse(value).success;

const provider = z.object({ allowedAccountIds: z.unknown() });

/** The one account that the stack's provider allows. */
function accountOf(state: string): string | undefined {
  const allowed = readResources(state)
    .filter(({ type }) => type === "pulumi:providers:aws")
    .flatMap(
      ({ inputs }) => JSON.stringify(provider.safeParse(inputs).data?.allowedAccountIds ?? "").match(/\d{12}/g) ?? [],
    );
  const [account, ...others] = new Set(allowed);
  return others.length === 0 ? account : undefined;
}

const escape = (text: string): string => text.replace(/[.\\[\]]/g, "\\$&");
