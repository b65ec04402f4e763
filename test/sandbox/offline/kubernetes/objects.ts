import { at, objectsAt, type Properties, textAt } from "../values";
import type { ApiResponse, ApiServer } from "./api";
import { ApiError } from "./api";
import type { ObjectName } from "./names";
import { builtInPath, groupPath, type Kind, type ResourcePath } from "./kind";

/** How an object is applied. */
export interface ApplyOptions {
  /** Who owns the fields that are set. */
  readonly fieldManager: string;
  /** Take fields over from other managers; without it that is a conflict. */
  readonly force: boolean;
  /** Let the server check and complete the object without storing it. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Reads and writes single objects of a cluster. */
export class Objects {
  readonly api: ApiServer;
  private readonly discovered = new Map<string, Promise<Properties[]>>();

  constructor(api: ApiServer) {
    this.api = api;
  }

  /** Whether objects of a kind live in namespaces. Kinds that are not built in are looked up, once per version. */
  async isNamespaced(kind: Kind, signal?: AbortSignal): Promise<boolean> {
    return (await this.resourcePath(kind, signal)).namespaced;
  }

  /** Creates or changes an object by server-side apply, and returns what the server made of it. */
  async apply(name: ObjectName, object: Properties, options: ApplyOptions): Promise<ApiResponse> {
    return this.api.request("PATCH", await this.pathOf(name, options.signal), {
      query: {
        fieldManager: options.fieldManager,
        force: String(options.force),
        ...(options.dryRun && { dryRun: "All" }),
      },
      body: object,
      contentType: "application/apply-patch+yaml",
      signal: options.signal,
    });
  }

  /** The object as it is now, or undefined where there is none. */
  async get(name: ObjectName, signal: AbortSignal): Promise<Properties | undefined> {
    const path = await this.pathOf(name, signal);
    return orMissing(async () => (await this.api.request("GET", path, { signal })).object);
  }

  /** The objects of a kind in a namespace that a selector matches. */
  async list(
    kind: Kind & { readonly namespace: string },
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Properties[]> {
    const { plural } = await this.resourcePath(kind, signal);
    const path = `${groupPath(kind.apiVersion)}/namespaces/${kind.namespace}/${plural}`;
    return objectsAt((await this.api.request("GET", path, { query, signal })).object, "items");
  }

  /** Asks for an object's deletion; false where there is none. */
  async delete(name: ObjectName, propagationPolicy: string, signal: AbortSignal): Promise<boolean> {
    const path = await this.pathOf(name, signal);
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy };
    return (await orMissing(() => this.api.request("DELETE", path, { body, signal }))) !== undefined;
  }

  private async pathOf(name: ObjectName, signal: AbortSignal): Promise<string> {
    const { plural, namespaced } = await this.resourcePath(name, signal);
    const scope = namespaced ? `/namespaces/${encodeURIComponent(name.namespace || this.api.cluster.namespace)}` : "";
    return `${groupPath(name.apiVersion)}${scope}/${plural}/${encodeURIComponent(name.name)}`;
  }

  private async resourcePath(kind: Kind, signal?: AbortSignal): Promise<ResourcePath> {
    const known = builtInPath(kind);
    if (known !== undefined) {
      return known;
    }
    const resources = await this.discover(kind.apiVersion, signal);
    const found = resources.find((entry) => entry["kind"] === kind.kind && !textAt(entry, "name").includes("/"));
    if (found === undefined) {
      throw new NoSuchKind(kind);
    }
    return { plural: textAt(found, "name"), namespaced: at(found, "namespaced") === true };
  }

  private discover(apiVersion: string, signal?: AbortSignal): Promise<Properties[]> {
    let resources = this.discovered.get(apiVersion);
    if (resources === undefined) {
      resources = orMissing(() => this.api.request("GET", groupPath(apiVersion), signal && { signal })).then((answer) =>
        objectsAt(answer?.object, "resources"),
      );
      this.discovered.set(apiVersion, resources);
      const forget = () => this.discovered.delete(apiVersion);
      // A missing kind is asked for again: its definition may be part of the same update.
      resources.then((found) => found.length === 0 && forget(), forget);
    }
    return resources;
  }
}

/** The cluster does not serve a kind, for instance because its CustomResourceDefinition is not there yet. */
export class NoSuchKind extends Error {
  constructor({ apiVersion, kind }: Kind) {
    super(`the cluster has no kind ${kind} in ${apiVersion}: is its CustomResourceDefinition installed?`);
  }
}

async function orMissing<Result>(request: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}
