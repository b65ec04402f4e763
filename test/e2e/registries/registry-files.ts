import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** A manifest of an image, of an index, or of what is attached to either. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}

/** What a manifest says of another file in the registry. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** Of a manifest in an index. */
  readonly platform?: { readonly os: string; readonly architecture: string } | undefined;
}

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A repository in the sandbox's registry, as somebody sees it who may push to it anything that they like. */
export class RegistryFiles {
  private readonly address: string;

  /** @param repository `host:port/path`. */
  constructor(readonly repository: string) {
    this.address = `http://${repository.replace("/", "/v2/")}`;
  }

  async manifest(reference: string): Promise<Manifest> {
    return JSON.parse(await this.ask("GET", `manifests/${reference}`, 200)) as Manifest;
  }

  blob(digest: string): Promise<string> {
    return this.ask("GET", `blobs/${digest}`, 200);
  }

  /** Pushes a manifest by its digest, and under a tag if there is one. */
  async pushManifest(manifest: Manifest, tag?: string): Promise<Descriptor> {
    const [text, { mediaType }] = [JSON.stringify(manifest), manifest];
    await this.ask("PUT", `manifests/${tag ?? digestOf(text)}`, 201, text, mediaType);
    return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
  }

  async pushBlob(text: string, mediaType: string): Promise<Descriptor> {
    const digest = digestOf(text);
    await this.ask("POST", `blobs/uploads/?digest=${digest}`, 201, text, "application/octet-stream");
    return { mediaType, digest, size: Buffer.byteLength(text) };
  }

  private async ask(method: string, path: string, status: number, body?: string, type = "*/*"): Promise<string> {
    const headers = body === undefined ? { accept: type } : { "content-type": type };
    const response = await fetch(`${this.address}/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    assert.equal(response.status, status, `${method} ${path}: ${text}`);
    return text;
  }
}
