import { parseQuantity } from "../../../common";

const name = "tmp";

/** Mounts the volume where Go's `os.TempDir` is. The image needs no such directory. */
export const tmpMount = { name, mountPath: "/tmp" };

/**
 * Annotations of the pods. Without them the cluster autoscaler keeps a node because of their volume, though nothing in it
 * must last (https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md).
 */
export const tmpAnnotations = { "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": name };

/**
 * The volume of `/tmp`. It may take half of the container's limit of ephemeral storage. The other half is for its logs.
 * The kubelet evicts a pod that goes beyond one of the two.
 *
 * @param ephemeralStorage The limit, a Kubernetes quantity. It alone bounds the volume if {@link parseQuantity} can't
 * read it.
 */
export function tmpVolume(ephemeralStorage: string) {
  const bytes = parseQuantity(ephemeralStorage);
  return { name, emptyDir: bytes === undefined ? {} : { sizeLimit: kibibytes(Math.floor(bytes / 2 / 1024)) } };
}

/** A quantity in the unit that the API server stores it in. In another unit, a refresh would show a change. */
function kibibytes(count: number): string {
  const units = ["Ki", "Mi", "Gi"] as const;
  const power = units.findLastIndex((_, index) => count % 1024 ** index === 0);
  return `${count / 1024 ** power}${units[power] ?? ""}`;
}
