import { z } from "zod";
import { Failure } from "../../common";
import { outputOf, type Run } from "../run";
import { stackResources } from "../stack";

const outputs = z.object({
  /** `repository@sha256:…` of the index. */
  image: z.string(),
  /** Platform → digest of its manifest. */
  platforms: z.record(z.string(), z.string()),
});

/** The image that a stack runs. */
export async function stackImage(run: Run, stack: string): Promise<z.infer<typeof outputs>> {
  return outputs.parse(JSON.parse(await outputOf(run, ["pulumi", "stack", "output", "--json", "--stack", stack])));
}

/** The image of a `FROM` line → what it was built from, `docker-image://repository@sha256:…`. */
export type BuildBases = Readonly<Record<string, string>>;

const inputs = z.object({
  context: z.object({ named: z.record(z.string(), z.object({ location: z.string() })).default({}) }),
});

/** What a stack built its image from. @throws Failure where it built none. */
export async function buildBases(run: Run, stack: string): Promise<BuildBases> {
  const build = (await stackResources(run, stack)).find(({ type }) => type === "docker-build:index:Image");
  if (build === undefined) {
    throw new Failure(`the stack ${stack} has built no image, so nobody knows where its image comes from`);
  }
  const { named } = inputs.parse(build.inputs).context;
  return Object.fromEntries(Object.entries(named).map(([name, { location }]) => [name, location]));
}
