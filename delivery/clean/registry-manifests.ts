import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { askRegistry, Failure, type Login, messageOf, RegistryError, type Repository } from "../../common";
import { type Manifest, type ManifestStore, readManifest } from "./manifests";

const tagList = z.object({ tags: z.array(z.string()).nullish() });
const referrers = z.object({ manifests: z.array(z.object({ digest: z.string() })).nullish() });

type Question = Parameters<typeof askRegistry>[2];

/**
 * A repository in any registry, by its API (github.com/opencontainers/distribution-spec). That API lists tags alone: the
 * manifests are those that have a tag, that an index lists, or that are attached to one. It doesn't say when they were pushed.
 *
 * @param login Undefined for a registry that lets anybody delete.
 */
export function registryManifests(repository: Repository, login: Login | undefined): ManifestStore {
  /** Undefined for what the registry doesn't have. */
  const get = async (what: Question, missing: readonly number[] = [404]) => {
    try {
      return await askRegistry("GET", repository, what, login, text);
    } catch (error) {
      if (error instanceof RegistryError && error.status !== undefined && missing.includes(error.status)) {
        return undefined;
      }
      throw new Failure(`${repository.name} can't be read, so nothing is deleted: ${messageOf(error)}`);
    }
  };

  const readTags = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (let query: string | undefined = ""; query !== undefined;) {
      const page = await get(`tags/list${query}`);
      found.push(...(tagList.parse(JSON.parse(page?.body ?? "{}")).tags ?? []));
      query = nextPage(page?.headers["link"]);
    }
    return found;
  };

  return {
    async list() {
      const found = new Map<string, Manifest>();
      /** Reads a manifest, what it lists and what is attached to it. */
      const visit = async (reference: string): Promise<void> => {
        const answer = found.has(reference) ? undefined : await get(`manifests/${reference}`);
        if (answer === undefined) {
          return;
        }
        const digest = `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
        const tags = [...(found.get(digest)?.tags ?? []), ...(reference === digest ? [] : [reference])];
        const isNew = !found.has(digest);
        found.set(digest, readManifest(answer.body, { digest, tags, pushed: undefined }));
        if (isNew) {
          // A registry that lists nothing says one of these. What is attached has a tag there.
          const attached = await get(`referrers/${digest}`, [400, 404, 405, 406]);
          const { manifests } = referrers.parse(JSON.parse(attached?.body ?? "{}"));
          for (const each of [...(found.get(digest)?.parts ?? []), ...(manifests ?? []).map((one) => one.digest)]) {
            await visit(each);
          }
        }
      };
      for (const tag of await readTags()) {
        await visit(tag);
      }
      return [...found.values()];
    },

    async remove(manifests) {
      for (const { digest, tags } of manifests) {
        await remove(repository, digest, login);
        // In some registries a tag outlives its manifest.
        for (const tag of tags) {
          if ((await get(`manifests/${tag}`)) !== undefined) {
            await remove(repository, tag, login);
          }
        }
      }
    },
  };
}

/** The query of the next page, which a registry names in the header `Link`. */
function nextPage(link: string | string[] | undefined): string | undefined {
  const [, url] = /<([^>]*)>;\s*rel="?next"?/.exec([link].flat().join(", ")) ?? [];
  return url === undefined ? undefined : new URL(url, "http://registry").search;
}

async function remove(repository: Repository, reference: string, login: Login | undefined): Promise<void> {
  try {
    await askRegistry("DELETE", repository, `manifests/${reference}`, login, text);
  } catch (error) {
    const refusal = error instanceof RegistryError ? error : undefined;
    if (refusal?.status === 404) {
      return;
    }
    if (refusal?.status === 405 || refusal?.code === "UNSUPPORTED") {
      throw new Failure(
        `the registry ${repository.host} deletes no manifests: ${messageOf(error)}. Let it delete (in distribution/distribution, ` +
          "storage.delete.enabled), or delete by the registry's own means what this lists without --yes.",
      );
    }
    throw new Failure(`${repository.name}@${reference} can't be deleted: ${messageOf(error)}`);
  }
}
