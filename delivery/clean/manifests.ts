import { z } from "zod";

/** A manifest of a repository: of an image, of an index, or of what is attached to either. */
export interface Manifest {
  readonly digest: string;
  readonly tags: readonly string[];
  /** When it was pushed; undefined where the registry doesn't say. */
  readonly pushed: Date | undefined;
  /** Digests of the manifests that it lists. An index lists those of its platforms. */
  readonly parts: readonly string[];
  /** Digest of the manifest that it is attached to. */
  readonly subject: string | undefined;
  /** What it takes: digest → bytes of its own text, its config and its layers. */
  readonly blobs: Readonly<Record<string, number>>;
}

/** A repository whose manifests can be listed and deleted. */
export interface ManifestStore {
  /** All manifests. @throws Failure where one can't be read. */
  readonly list: () => Promise<readonly Manifest[]>;
  /** Deletes manifests with their tags. One that is gone already is no error. */
  readonly remove: (manifests: readonly Manifest[]) => Promise<void>;
}

const descriptor = z.object({ digest: z.string(), size: z.number() });
const content = z.object({
  manifests: z.array(descriptor).default([]),
  subject: descriptor.optional(),
  config: descriptor.optional(),
  layers: z.array(descriptor).default([]),
});

/** Reads a manifest's text. @throws Error for a text that is no manifest. */
export function readManifest(text: string, found: Pick<Manifest, "digest" | "tags" | "pushed">): Manifest {
  const { manifests, subject, config, layers } = content.parse(JSON.parse(text));
  const own = { digest: found.digest, size: Buffer.byteLength(text) };
  const blobs = [own, ...(config === undefined ? [] : [config]), ...layers];
  return {
    ...found,
    parts: manifests.map(({ digest }) => digest),
    subject: subject?.digest,
    blobs: Object.fromEntries(blobs.map(({ digest, size }) => [digest, size])),
  };
}
