import { isUnknown, objectAt, objectsAt, type Properties, textAt } from "../values";
import { loadKubeconfig } from "./kubeconfig";

/** The provider's arguments that mean something here, as the engine passes them: text, or JSON. */
export interface Settings {
  readonly kubeconfig: string;
  readonly context: string;
  readonly cluster: string;
  /** For objects that name none; "" leaves it to the context. */
  readonly namespace: string;
  /** Take fields over from other managers, where an object's annotation doesn't say otherwise. */
  readonly patchForce: boolean;
  readonly mutability: { readonly configMaps: boolean; readonly secrets: boolean };
}

/** What a change of the provider's arguments does to everything that was made with it. */
export interface SettingsDiff {
  readonly changed: readonly string[];
  /** The arguments that now lead to another cluster. */
  readonly replaces: readonly string[];
}

const understood = [
  ...["kubeconfig", "context", "cluster", "namespace", "clusterIdentifier"],
  ...["enableConfigMapMutable", "enableSecretMutable", "enableServerSideApply", "enablePatchForce"],
  ...["suppressDeprecationWarnings", "suppressHelmHookWarnings", "version"],
];

/** Reads the provider's arguments; `read` gives the text of one, or "". */
export function parseSettings(read: (key: string) => string): Settings {
  return {
    kubeconfig: read("kubeconfig"),
    context: read("context"),
    cluster: read("cluster"),
    namespace: read("namespace"),
    patchForce: read("enablePatchForce") === "true",
    mutability: {
      configMaps: read("enableConfigMapMutable") === "true",
      secrets: read("enableSecretMutable") === "true",
    },
  };
}

/** The arguments that only the real provider knows what to do with, each with the reason. */
export function refusedSettings(args: Properties): { property: string; reason: string }[] {
  const unknown = Object.keys(args).filter((key) => !understood.includes(key) && args[key] !== null);
  const clientSide = [false, "false"].some((off) => args["enableServerSideApply"] === off)
    ? ["enableServerSideApply"]
    : [];
  return [...unknown, ...clientSide].map((property) => ({
    property,
    reason: `the offline Kubernetes provider doesn't do ${property}: ${JSON.stringify(args[property])}`,
  }));
}

/**
 * Compares two versions of the provider's arguments. As in the real provider, the same `clusterIdentifier` means the
 * same cluster whatever else has changed (pulumi-kubernetes#2745); without one, another server or certificate authority
 * of the active context is another cluster, and so is a kubeconfig that isn't known yet.
 */
export async function diffSettings(olds: Properties, news: Properties): Promise<SettingsDiff> {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const changed = [...keys].filter((key) => key !== "version" && !same(olds[key], news[key])).sort();
  if (changed.length === 0) {
    return { changed, replaces: [] };
  }
  const [before, after] = [textAt(olds, "clusterIdentifier"), textAt(news, "clusterIdentifier")];
  if (before !== "" && after !== "") {
    return { changed, replaces: before === after ? [] : ["clusterIdentifier"] };
  }
  const candidates = changed.filter((key) => ["kubeconfig", "context", "cluster"].includes(key));
  const moved = candidates.length > 0 && (await activeCluster(olds)) !== (await activeCluster(news));
  return { changed, replaces: moved ? candidates : [] };
}

/** What identifies the cluster that arguments lead to: its server and certificate authority, or why that isn't known. */
async function activeCluster(args: Properties): Promise<string> {
  if (isUnknown(args["kubeconfig"])) {
    return "unknown";
  }
  try {
    const { content } = await loadKubeconfig(textAt(args, "kubeconfig"));
    const entry = (list: string, name: string) => objectsAt(content, list).find((item) => item["name"] === name);
    const context = entry("contexts", textAt(args, "context") || textAt(content, "current-context"));
    const name = textAt(args, "cluster") || textAt(context, "context", "cluster");
    return JSON.stringify(objectAt(entry("clusters", name), "cluster"));
  } catch (error) {
    return String(error);
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
