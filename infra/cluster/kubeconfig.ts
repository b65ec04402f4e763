import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import { Failure } from "../../common";

/** The part of a kubeconfig that leads from a context to its API server. */
const kubeconfig = z.object({
  "current-context": z.string().nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })).nullish(),
  clusters: z
    .array(
      z.object({ name: z.string(), cluster: z.object({ server: z.string(), "proxy-url": z.string().optional() }) }),
    )
    .nullish(),
});

type Kubeconfig = z.infer<typeof kubeconfig>;

/** An API server, as a kubeconfig names it. */
export interface ApiServer {
  readonly server: string;
  /** The proxy in front of the server, if the kubeconfig sets one. */
  readonly "proxy-url"?: string | undefined;
}

/**
 * The kubeconfig files, by kubectl's rule: those that `KUBECONFIG` lists. By default `~/.kube/config`.
 *
 * @throws Failure for a relative path, because Pulumi runs neither this program nor the Kubernetes provider in the
 * user's folder.
 */
export function kubeconfigFiles(environment: NodeJS.ProcessEnv): string[] {
  const listed = (environment["KUBECONFIG"] ?? "").split(path.delimiter).filter((entry) => entry !== "");
  const relative = listed.find((entry) => !path.isAbsolute(entry));
  if (relative !== undefined) {
    throw new Failure(`KUBECONFIG must name files by absolute paths; it has ${relative}.`);
  }
  return listed.length > 0 ? listed : [path.join(os.homedir(), ".kube", "config")];
}

/**
 * Finds a context's API server. As in kubectl, missing files don't count, and the first file that defines a name wins.
 *
 * @throws Failure that names the contexts that exist, or the file that isn't a kubeconfig.
 */
export function findApiServer(context: string, files: readonly string[]): ApiServer {
  const read = files
    .filter((name) => fs.existsSync(name))
    .map((name) => parseKubeconfig(fs.readFileSync(name, "utf8"), name));
  const advice = "Choose one with pulumi config set --path cluster.context NAME, or name another file in KUBECONFIG.";
  return apiServer(context, read, `the kubeconfig (${files.join(", ")})`, advice);
}

/**
 * Finds the API server of a kubeconfig's current context.
 *
 * @param text Content of the kubeconfig.
 * @param source What messages call the kubeconfig.
 * @throws Failure if the text isn't a kubeconfig, or if it lacks the context or its cluster.
 */
export function findCurrentApiServer(text: string, source: string): ApiServer {
  const read = parseKubeconfig(text, source);
  return apiServer(read["current-context"] ?? "", [read], source, "Set its current-context.");
}

function apiServer(context: string, read: readonly Kubeconfig[], source: string, advice: string): ApiServer {
  const contexts = read.flatMap((config) => config.contexts ?? []);
  const clusters = read.flatMap((config) => config.clusters ?? []);

  const found = contexts.find(({ name }) => name === context);
  if (found === undefined) {
    const names = [...new Set(contexts.map(({ name }) => name))].join(", ");
    throw new Failure(`${source} has no context ${context}; it has ${names || "none"}. ${advice}`);
  }
  const cluster = clusters.find(({ name }) => name === found.context.cluster);
  if (cluster === undefined) {
    throw new Failure(`${source} has no cluster ${found.context.cluster}, which its context ${context} names.`);
  }
  const { server } = cluster.cluster;
  if (!URL.canParse(serverUrl(server))) {
    throw new Failure(
      `${source} has no usable server for its cluster ${cluster.name}: ${server} isn't a URL such as https://127.0.0.1:6443.`,
    );
  }
  return cluster.cluster;
}

/** An API server's URL. kubectl takes one without its scheme. */
export function serverUrl(server: string): string {
  return server.includes("://") ? server : `https://${server}`;
}

function parseKubeconfig(text: string, source: string): Kubeconfig {
  try {
    return kubeconfig.parse(load(text));
  } catch (error) {
    // Only the first line of a YAML error is shown. The other lines quote the text, which may hold a key.
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error).replace(/:?\n.*$/s, "");
    throw new Failure(`${source} is no kubeconfig: ${reason}`);
  }
}
