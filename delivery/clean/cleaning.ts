import type { Manifest } from "./manifests";

/** What the stacks say about images. */
export interface Use {
  /** Whose it is, as a reader knows it: a stack's name. */
  readonly stack: string;
  /** Digests in the stack's state. An update that still runs has its own there too. */
  readonly digests: readonly string[];
  /** Tags of the repository in the stack's state. */
  readonly tags: readonly string[];
  /** Digest of the last good release's image; undefined before the first. */
  readonly lastGood: string | undefined;
  /** Beginnings of the digests of the last good releases, the newest first. */
  readonly recent: readonly string[];
}

/** What stays although no stack uses it. */
export interface Grace {
  /** How many of a stack's newest good releases stay. */
  readonly newest: number;
  /** Hours in which whoever pushed an image may not have recorded it yet. */
  readonly age: number;
  readonly now: Date;
}

/** A manifest, and why it stays or goes. */
interface Decision {
  readonly manifest: Manifest;
  readonly stays: boolean;
  readonly why: string;
}

/** A tag that infra/image/content/content-tag.ts makes. */
const contentTag = /^[0-9a-f]{16}$/;

/** The tag of what is attached to a manifest, where a registry lists no referrers, and of what older versions of cosign attach. */
const attachedTag = /^sha256-([0-9a-f]{64})(?:\.\w+)?$/;

/**
 * Decides about each manifest of a repository. One stays for a reason of its own, or because one that stays lists it or has it
 * attached.
 */
export function decide(manifests: readonly Manifest[], uses: readonly Use[], grace: Grace): readonly Decision[] {
  const known = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
  const attached = attachments(manifests);
  const reasons = new Map<string, string>();
  const keep = (digest: string, why: string | undefined) => {
    if (why !== undefined && known.has(digest) && !reasons.has(digest)) {
      reasons.set(digest, why);
    }
  };
  manifests.forEach((manifest) => keep(manifest.digest, ownReason(manifest, uses, grace)));
  // A map's iterator gets to what is added meanwhile.
  for (const digest of reasons.keys()) {
    known.get(digest)?.parts.forEach((part) => keep(part, `part of ${digest}`));
    attached.get(digest)?.forEach((each) => keep(each, `attached to ${digest}`));
  }
  return manifests.map((manifest) => {
    const why = reasons.get(manifest.digest);
    return { manifest, stays: why !== undefined, why: why ?? "nothing uses it" };
  });
}

/** The first reason of its own for which a manifest stays. */
function ownReason({ digest, tags, pushed }: Manifest, uses: readonly Use[], grace: Grace): string | undefined {
  const stackOf = (has: (use: Use) => boolean) => uses.find(has)?.stack;
  const user = stackOf((use) => use.digests.includes(digest) || tags.some((tag) => use.tags.includes(tag)));
  if (user !== undefined) {
    return `${user} uses it`;
  }
  const returning = stackOf(({ lastGood }) => lastGood === digest);
  if (returning !== undefined) {
    return `the last good release of ${returning}`;
  }
  const recent = stackOf((use) => use.recent.slice(0, grace.newest).some((beginning) => digest.startsWith(beginning)));
  if (recent !== undefined) {
    return `one of the ${grace.newest} newest releases of ${recent}`;
  }
  const given = tags.find((tag) => !contentTag.test(tag) && !attachedTag.test(tag));
  if (given !== undefined) {
    return `its tag ${given} is not of a build's content`;
  }
  return pushed !== undefined && grace.now.getTime() - pushed.getTime() < grace.age * 3_600_000
    ? `pushed in the last ${grace.age} hours`
    : undefined;
}

/** Digest → what is attached to it. */
function attachments(manifests: readonly Manifest[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { digest, subject, tags } of manifests) {
    const named = tags.flatMap((tag) => attachedTag.exec(tag)?.[1] ?? []).map((hex) => `sha256:${hex}`);
    for (const to of subject === undefined ? named : [subject, ...named]) {
      found.set(to, [...(found.get(to) ?? []), digest]);
    }
  }
  return found;
}

/** What goes, in rounds: a registry may refuse to delete what an index still lists. */
export function rounds(decisions: readonly Decision[]): readonly (readonly Manifest[])[] {
  const found: Manifest[][] = [];
  let left = decisions.flatMap(({ manifest, stays }) => (stays ? [] : [manifest]));
  while (left.length > 0) {
    const listed = new Set(left.flatMap(({ parts }) => parts));
    found.push(left.filter(({ digest }) => !listed.has(digest)));
    left = left.filter(({ digest }) => listed.has(digest));
  }
  return found;
}

/** A line for each manifest, and how many stay and go. */
export function describe(decisions: readonly Decision[]): string {
  const line = ({ manifest: { digest, tags }, stays, why }: Decision) =>
    `${stays ? "stays" : "goes "} ${[digest, ...tags].join(" ")}: ${why}`;
  const [staying, going] = [true, false].map((is) => decisions.filter(({ stays }) => stays === is));
  const blobs = (of: readonly Decision[] = []) => new Map(of.flatMap(({ manifest }) => Object.entries(manifest.blobs)));
  const kept = blobs(staying);
  const freed = [...blobs(going)].reduce((sum, [digest, size]) => (kept.has(digest) ? sum : sum + size), 0);
  const sums = `${staying?.length} stay; ${going?.length} go, and with them ${(freed / 1e6).toFixed(1)} MB`;
  return [...[...(staying ?? []), ...(going ?? [])].map(line), sums, ""].join("\n");
}
