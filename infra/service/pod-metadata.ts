import type * as pulumi from "@pulumi/pulumi";

type Texts = Readonly<Record<string, pulumi.Input<string>>>;

/** Metadata of a pod template. Without annotations it has no such field, as Kubernetes stores it. */
export function podMetadata(labels: Texts, annotations: Texts) {
  return { labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) };
}
