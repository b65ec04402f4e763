import { Failure } from "../../../common";

/** Numbers of the user and the group that a container's processes have. Neither is root's. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** `nonroot` of distroless images, as a number: the kubelet can't tell a named user from root. */
export const nonRoot: User = { uid: 65532, gid: 65532 };

/** The greatest number that Kubernetes takes. */
const greatest = 2 ** 31 - 1;

/**
 * The user that pods have for the user of an image's configuration, such as `10001`, `10001:app` or an empty text. A name
 * or root becomes {@link nonRoot}. A group that is none, a name or root becomes the number of the user.
 */
export function userOf(user: string): User {
  const [uid, gid] = user.split(":").map(idOf);
  return uid === undefined ? nonRoot : { uid, gid: gid ?? uid };
}

/** Undefined for a name and for root. */
function idOf(text: string): number | undefined {
  const id = /^\d+$/.test(text) ? Number(text) : 0;
  return id > 0 && id <= greatest ? id : undefined;
}

/**
 * The user of an image with several platforms. Pods on nodes of all of them have the same one.
 *
 * @param users Platform → the user of its configuration.
 * @throws Failure that names the platforms and their users, if these lead to different ones.
 */
export function commonUser(image: string, users: Readonly<Record<string, string>>): User {
  const found = Object.entries(users).map(([platform, user]) => ({ platform, user, pods: userOf(user) }));
  const pods = found[0]?.pods ?? nonRoot;
  if (found.some(({ pods: { uid, gid } }) => uid !== pods.uid || gid !== pods.gid)) {
    const each = found.map(({ platform, user }) => `${platform} has ${user === "" ? "no USER" : `USER ${user}`}`);
    throw new Failure(
      `in the image ${image}, the platforms have different users: ${each.join(", ")}. The pods on all nodes run as the same ` +
        `user. Write one numeric USER, such as USER ${nonRoot.uid}, for every platform into the last stage of the Dockerfile.`,
    );
  }
  return pods;
}
