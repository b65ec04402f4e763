import { z } from "zod";
import { Failure } from "../../common";
import { imageType, type Resource, stackOutputs } from "../stack";

/** An image that a stack runs. */
interface StackImage {
  /** `repository@sha256:…` of the index. */
  readonly image: string;
  /** Platform → digest of its manifest. */
  readonly platforms: Readonly<Record<string, string>>;
}

/** The image that a stack runs. @throws Failure where its outputs don't tell. */
export function stackImage(stack: string, resources: readonly Resource[]): StackImage {
  const { image, platforms } = stackOutputs(resources);
  if (image === undefined || platforms === undefined) {
    throw new Failure(
      `the stack ${stack} lacks one of the outputs image and platforms, or one is a secret, so nobody knows what it runs`,
    );
  }
  return { image, platforms };
}

/** The image of a `FROM` line → what it was built from, `docker-image://repository@sha256:…`. */
export type BuildBases = Readonly<Record<string, string>>;

const inputs = z.object({
  context: z.object({ named: z.record(z.string(), z.object({ location: z.string() })).default({}) }),
});

/** What a stack built its image from. @throws Failure where it built none. */
export function buildBases(stack: string, resources: readonly Resource[]): BuildBases {
  const build = resources.find(({ type }) => type === imageType);
  if (build === undefined) {
    throw new Failure(`the stack ${stack} has built no image, so nobody knows where its image comes from`);
  }
  const { named } = inputs.parse(build.inputs).context;
  return Object.fromEntries(Object.entries(named).map(([name, { location }]) => [name, location]));
}
