import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { at, isObject, objectAt, objectsAt, type Properties, textAt } from "../values";

/** A kubeconfig as read, and the directory to which its relative paths belong. */
export interface Kubeconfig {
  readonly content: Properties;
  readonly directory: string;
}

/** What to take from a kubeconfig instead of its own current choice; "" takes that. */
export interface ContextChoice {
  readonly context: string;
  readonly cluster: string;
}

/** One cluster, and who talks to it. */
export interface Cluster {
  /** The name of the context, for messages. */
  readonly context: string;
  readonly server: URL;
  /** The context's namespace, or `default`. */
  readonly namespace: string;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly rejectUnauthorized: boolean;
    readonly servername?: string;
  };
  /** The value of the Authorization header, or "" where the client certificate says who talks. */
  readonly authorization: string;
}

/**
 * Reads the kubeconfig that a provider was given, either its content or its path. Without one it is the first file of
 * `KUBECONFIG`, then `~/.kube/config`.
 */
export async function loadKubeconfig(given: string): Promise<Kubeconfig> {
  const [fromEnvironment = ""] = (process.env["KUBECONFIG"] ?? "").split(delimiter);
  const source = given || fromEnvironment || join(homedir(), ".kube", "config");
  if (/^\s*[{]|:\s|\n/.test(source)) {
    return { content: await parse(source, "kubeconfig"), directory: process.cwd() };
  }
  const path = resolve(source.replace(/^~(?=\/)/, homedir()));
  try {
    return { content: await parse(await readFile(path, "utf8"), path), directory: dirname(path) };
  } catch (error) {
    throw new Error(`kubeconfig ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The cluster that a kubeconfig and a choice lead to, with the files that it names read. */
export async function selectCluster({ content, directory }: Kubeconfig, choice: ContextChoice): Promise<Cluster> {
  const contexts = objectsAt(content, "contexts");
  const name = choice.context || textAt(content, "current-context");
  const context = objectAt(named(contexts, name, "context"), "context");
  const cluster = objectAt(
    named(objectsAt(content, "clusters"), choice.cluster || textAt(context, "cluster"), "cluster"),
    "cluster",
  );
  const user = objectAt(named(objectsAt(content, "users"), textAt(context, "user"), "user"), "user");
  const server = textAt(cluster, "server");
  if (!URL.canParse(server)) {
    throw new Error(`kubeconfig: the server "${server}" of context "${name}" is not a URL`);
  }
  const read = (entry: Properties, key: string) => contentOf(entry, key, directory);
  const [ca, cert, key] = await Promise.all([
    read(cluster, "certificate-authority"),
    read(user, "client-certificate"),
    read(user, "client-key"),
  ]);
  return {
    context: name,
    server: new URL(server),
    namespace: textAt(context, "namespace") || "default",
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(textAt(cluster, "tls-server-name") !== "" && { servername: textAt(cluster, "tls-server-name") }),
      rejectUnauthorized: at(cluster, "insecure-skip-tls-verify") !== true,
    },
    authorization: await authorizationOf(user, name, directory),
  };
}

async function parse(text: string, name: string): Promise<Properties> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Loaded late: most of what reaches this plugin is JSON, and the parser would slow every start down.
    const { default: yaml } = await import("js-yaml");
    content = yaml.safeLoad(text);
  }
  if (!isObject(content)) {
    throw new Error(`${name} holds no kubeconfig`);
  }
  return content;
}

function named(entries: readonly Properties[], name: string, what: string): Properties {
  const found = entries.find((entry) => entry["name"] === name);
  if (found === undefined) {
    const known = entries.map((entry) => textAt(entry, "name")).join(", ");
    throw new Error(`kubeconfig: there is no ${what} "${name}"; it has ${known || "none"}`);
  }
  return found;
}

async function contentOf(entry: Properties, key: string, directory: string): Promise<Buffer | undefined> {
  const data = textAt(entry, `${key}-data`);
  if (data !== "") {
    return Buffer.from(data, "base64");
  }
  const path = textAt(entry, key);
  return path === "" ? undefined : readFile(resolve(directory, path));
}

/**
 * The token that a kubeconfig's command prints (client.authentication.k8s.io, ExecCredential). It is asked for once: it
 * outlives an update, unlike the plugin of a long-lived client.
 */
async function execToken(exec: Properties, context: string, directory: string): Promise<string> {
  const named = objectsAt(exec, "env").map((entry) => [textAt(entry, "name"), textAt(entry, "value")] as const);
  const variables: Record<string, string> = Object.fromEntries(named);
  const info = { apiVersion: textAt(exec, "apiVersion"), kind: "ExecCredential", spec: { interactive: false } };
  const env = { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(info), ...variables };
  const command = textAt(exec, "command");
  const args = at(exec, "args");
  const texts = Array.isArray(args) ? args.filter((each) => typeof each === "string") : [];
  try {
    // A command with a slash is relative to the kubeconfig, as kubectl has it; any other is looked for in PATH.
    const file = command.includes("/") ? resolve(directory, command) : command;
    const { stdout } = await promisify(execFile)(file, texts, { env });
    const token = textAt(JSON.parse(stdout) as Properties, "status", "token");
    if (token === "") {
      throw new Error("it printed no status.token");
    }
    return token;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`kubeconfig: context "${context}": ${[command, ...texts].join(" ")}: ${reason}`, { cause: error });
  }
}

async function authorizationOf(user: Properties, context: string, directory: string): Promise<string> {
  if (at(user, "auth-provider") !== undefined) {
    throw new Error(
      `kubeconfig: context "${context}" gets its credentials from an auth-provider, which Kubernetes has given up: ` +
        "use a client certificate, a token or a command",
    );
  }
  if (at(user, "exec") !== undefined) {
    return `Bearer ${await execToken(objectAt(user, "exec"), context, directory)}`;
  }
  const file = textAt(user, "tokenFile");
  const token = file === "" ? textAt(user, "token") : (await readFile(resolve(directory, file), "utf8")).trim();
  if (token !== "") {
    return `Bearer ${token}`;
  }
  const username = textAt(user, "username");
  return username === "" ? "" : `Basic ${Buffer.from(`${username}:${textAt(user, "password")}`).toString("base64")}`;
}
