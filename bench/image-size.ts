import { gunzipSync } from "node:zlib";
import { registry } from "./builder";
import { sum } from "./statistics";

/** Bytes of an image's layers. */
export interface Size {
  /** As the registry keeps them and a node pulls them. */
  readonly compressed: number;
  /** The layers' tar archives. */
  readonly unpacked: number;
}

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly platform: { os: string; architecture: string } }[];
}

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
}

async function fetchFrom(repository: string, path: string): Promise<Response> {
  const accept = ["index.v1", "manifest.v1"].map((type) => `application/vnd.oci.image.${type}+json`);
  const docker = ["manifest.list.v2", "manifest.v2"].map((type) => `application/vnd.docker.distribution.${type}+json`);
  const url = `http://${registry}/v2/${repository}/${path}`;
  const response = await fetch(url, { headers: { accept: [...accept, ...docker].join(", ") } });
  if (!response.ok) {
    throw new Error(`GET ${url} gave ${response.status}`);
  }
  return response;
}

/** The sizes of the images of the index that is tagged `latest`: platform → bytes. */
export async function sizes(repository: string): Promise<Map<string, Size>> {
  const { manifests } = (await (await fetchFrom(repository, "manifests/latest")).json()) as Index;
  const measured = manifests.map(async ({ digest, platform }) => {
    const { layers } = (await (await fetchFrom(repository, `manifests/${digest}`)).json()) as Manifest;
    const archives = layers.map(async (layer) => {
      const blob = await fetchFrom(repository, `blobs/${layer.digest}`);
      return gunzipSync(Buffer.from(await blob.arrayBuffer())).length;
    });
    const size = { compressed: sum(layers.map((layer) => layer.size)), unpacked: sum(await Promise.all(archives)) };
    return [`${platform.os}/${platform.architecture}`, size] as const;
  });
  return new Map(await Promise.all(measured));
}
