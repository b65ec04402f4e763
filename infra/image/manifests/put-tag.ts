import { buffer } from "node:stream/consumers";
import {
  askRegistry,
  Failure,
  type Login,
  messageOf,
  putManifest,
  RegistryError,
  type Repository,
} from "../../../common";
import { findTag } from "./find-manifest";

/**
 * Gives an image that was pushed by digest its content's tag, unless another build of the same content has it already.
 * A build that pushed the tag itself would take it from the other one, or be refused where tags are immutable.
 *
 * @returns The digest that the tag stands for.
 * @throws Failure if the registry refuses the tag and has none.
 */
export async function putTag(
  repository: Repository,
  tag: string,
  digest: string,
  login: Login | undefined,
): Promise<string> {
  try {
    const earlier = await findTag(repository, tag, login);
    if (earlier !== undefined) {
      return earlier;
    }
    const { headers, body } = await askRegistry("GET", repository, `manifests/${digest}`, login, buffer);
    const put = putManifest(repository, tag, { type: headers["content-type"] ?? "", content: body }, login);
    return await put.then(
      () => digest,
      async (refusal: unknown) => {
        const other = await findTag(repository, tag, login);
        if (other === undefined) {
          throw refusal;
        }
        return other;
      },
    );
  } catch (error) {
    const refused = error instanceof RegistryError && (error.status === 401 || error.status === 403);
    throw new Failure(
      `the image ${repository.name}@${digest} was pushed, and can't get the tag ${tag}: ${messageOf(error)}. ` +
        (refused
          ? `Run docker login ${repository.host} with a login that may push to this repository, then pulumi up.`
          : "pulumi up tries it again."),
    );
  }
}
