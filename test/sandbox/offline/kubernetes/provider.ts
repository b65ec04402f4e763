import { randomBytes } from "node:crypto";
import type { EngineLog } from "../engine-log";
import { InitializationFailed } from "../initialization-failed";
import { at, containsUnknown, objectAt, type Properties, textAt } from "../values";
import { ApiServer, type ApiResponse, ClusterUnreachable } from "./api";
import { type AutonamingRule, withName } from "./autoname";
import { awaitDeletion, awaitReadiness, timeoutOf } from "./await";
import { checkpoint, fieldManagerOf, hideSecrets } from "./checkpoint";
import { diffProperties } from "../diff";
import type { ResourceDiff } from "../diff-response";
import { type Kind, parseType } from "./kind";
import { loadKubeconfig, selectCluster } from "./kubeconfig";
import { importedInputs, liveInputs } from "./live-inputs";
import { describeName, formatId, nameOf, type ObjectName } from "./names";
import { NoSuchKind, Objects } from "./objects";
import { previewCreation, previewUpdate } from "./preview";
import { explained, forceAnnotation, isMissingNamespace } from "./refusal";
import { mustDeleteFirst, needsReplacement } from "./replacement";
import type { Settings } from "./settings";

/** The resource that an operation is about. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
}

/** A write that the engine asks for. */
export interface Write extends Resource {
  readonly inputs: Properties;
  readonly preview: boolean;
  /** Seconds; 0 is the default of the kind. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** What the provider does with single Kubernetes objects, apart from the protocol that asks for it. */
export class KubernetesProvider {
  private readonly log: EngineLog;
  private settings: Settings | undefined;
  private objects: Objects | undefined;

  constructor(log: EngineLog) {
    this.log = log;
  }

  /** Takes the provider's arguments; the kubeconfig is read, but nothing is asked of the cluster yet. */
  async configure(settings: Settings): Promise<void> {
    const cluster = await selectCluster(await loadKubeconfig(settings.kubeconfig), settings);
    this.settings = settings;
    this.objects = new Objects(new ApiServer(cluster));
  }

  /** Closes the connections to the cluster. */
  close(): void {
    this.objects?.api.close();
  }

  /** The inputs with name and namespace filled in. */
  async check(
    resource: Resource & { name: string; olds: Properties; seed: Uint8Array; rule: AutonamingRule | undefined },
    inputs: Properties,
    signal: AbortSignal,
  ): Promise<Properties> {
    const kind = parseType(resource.type);
    if (at(inputs, "metadata", "generateName") !== undefined) {
      throw new Error(
        "metadata.generateName: the offline Kubernetes provider doesn't do it; leave the name out instead",
      );
    }
    const named = withName({ ...inputs, ...kind }, resource);
    const { settings, objects } = this.configured();
    if (at(named, "metadata", "namespace") !== undefined || !(await this.isNamespaced(kind, signal))) {
      return named;
    }
    const namespace = settings.namespace || objects.api.cluster.namespace;
    return { ...named, metadata: { ...objectAt(named, "metadata"), namespace } };
  }

  /** Compares inputs with inputs: what the cluster has made of them is a matter for a refresh. */
  diff(resource: Resource, olds: Properties, news: Properties): ResourceDiff {
    const kind = parseType(resource.type);
    const { mutability } = this.configured().settings;
    const changes = diffProperties(olds, news).map((change) => ({
      ...change,
      replaces: needsReplacement(kind, change, mutability),
    }));
    return { changes, deleteFirst: changes.some(({ replaces }) => replaces) && mustDeleteFirst(olds, news) };
  }

  /** Applies an object and waits until it is ready. In a preview the server checks it without storing it. */
  async write(write: Write, olds: Properties): Promise<{ id: string; outputs: Properties }> {
    const { inputs, signal, urn } = write;
    const name = nameOf(parseType(write.type), inputs);
    const fieldManager = fieldManagerOf(olds) || `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
    if (write.preview) {
      return { id: "", outputs: await this.preview(write, name, fieldManager, Object.keys(olds).length > 0) };
    }
    const { objects } = this.configured();
    const force = this.isForced(inputs);
    const applied = await explained("apply", name, () =>
      objects.apply(name, inputs, { fieldManager, force, dryRun: false, signal }),
    );
    this.warn(urn, applied);
    const report = (message: string) => {
      this.log.status(urn, message);
    };
    const timeout = timeoutOf(inputs, write.timeout);
    const { object, problem } = await awaitReadiness(objects, name, applied.object, { timeout, signal, report });
    const outputs = checkpoint(object, fieldManager);
    if (problem !== undefined) {
      throw new InitializationFailed(formatId(name), outputs, [problem]);
    }
    return { id: formatId(name), outputs };
  }

  /** An object as it is now; undefined where it is gone. */
  async read(
    resource: Resource & { id: string; state: Properties; inputs: Properties },
    signal: AbortSignal,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const name = await this.parseId(parseType(resource.type), resource.id, signal);
    const live = await explained("read", name, () => this.configured().objects.get(name, signal));
    if (live === undefined) {
      return undefined;
    }
    const known = Object.keys(resource.inputs).length > 0;
    const inputs = known ? liveInputs(live, resource.inputs) : importedInputs(live);
    return { outputs: checkpoint(live, fieldManagerOf(resource.state)), inputs };
  }

  /** Deletes an object with everything that it owns, and waits until it is gone. One that is gone already is fine. */
  async delete(
    resource: Resource & { id: string; state: Properties; timeout: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { objects } = this.configured();
    const name = await this.parseId(parseType(resource.type), resource.id, signal);
    const annotation = (key: string) => textAt(resource.state, "metadata", "annotations", key);
    const policy = annotation("pulumi.com/deletionPropagationPolicy") || "foreground";
    const propagation = policy.charAt(0).toUpperCase() + policy.slice(1);
    const found = await explained("delete", name, () => objects.delete(name, propagation, signal));
    if (!found || annotation("pulumi.com/skipAwait") === "true") {
      return;
    }
    const problem = await awaitDeletion(objects, name, textAt(resource.state, "metadata", "uid"), {
      timeout: timeoutOf(resource.state, resource.timeout),
      signal,
      report: (message) => {
        this.log.status(resource.urn, message);
      },
    });
    if (problem !== undefined) {
      throw new Error(`delete ${describeName(name)}: ${problem}`);
    }
  }

  /** What a write would make of an object, as far as that can be told without doing it. */
  private async preview(write: Write, name: ObjectName, fieldManager: string, exists: boolean): Promise<Properties> {
    const { inputs, urn, signal } = write;
    if (containsUnknown(inputs)) {
      return previewCreation(inputs);
    }
    try {
      // The object that a replacement is previewed for may still be there, owned under another name.
      const options = { fieldManager, force: !exists || this.isForced(inputs), dryRun: true, signal };
      const answer = await explained("apply", name, () => this.configured().objects.apply(name, inputs, options));
      this.warn(urn, answer);
      return exists ? previewUpdate(hideSecrets(answer.object)) : previewCreation(inputs, answer.object);
    } catch (error) {
      if (error instanceof ClusterUnreachable) {
        this.log.warn(urn, `${error.message}; the preview could not be checked by it`);
        return previewCreation(inputs);
      }
      if (error instanceof NoSuchKind || isMissingNamespace(error)) {
        return previewCreation(inputs);
      }
      throw error;
    }
  }

  private isForced(inputs: Properties): boolean {
    const annotation = textAt(inputs, "metadata", "annotations", forceAnnotation);
    return annotation === "" ? this.configured().settings.patchForce : annotation === "true";
  }

  private async isNamespaced(kind: Kind, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.configured().objects.isNamespaced(kind, signal);
    } catch (error) {
      // Its definition may be part of the same update, and a preview works without a cluster.
      if (error instanceof NoSuchKind || error instanceof ClusterUnreachable) {
        return false;
      }
      throw error;
    }
  }

  private async parseId(kind: Kind, id: string, signal: AbortSignal): Promise<ObjectName> {
    const { objects, settings } = this.configured();
    const [first = "", second] = id.split("/");
    if (second !== undefined) {
      return { ...kind, namespace: first, name: second };
    }
    const namespaced = await objects.isNamespaced(kind, signal);
    return { ...kind, name: first, namespace: namespaced ? settings.namespace || objects.api.cluster.namespace : "" };
  }

  private configured(): { objects: Objects; settings: Settings } {
    if (this.objects === undefined || this.settings === undefined) {
      throw new Error("the Kubernetes provider was used before it was configured");
    }
    return { objects: this.objects, settings: this.settings };
  }

  private warn(urn: string, { warnings }: ApiResponse): void {
    for (const warning of warnings) {
      this.log.warn(urn, warning);
    }
  }
}
