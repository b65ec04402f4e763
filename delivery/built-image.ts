import { z } from "zod";
import { Failure } from "../infra/base";
import { outputOf, type Run } from "./command";
import { stackResources } from "./deployment";

/** The image that a stack has built and runs. */
export interface BuiltImage {
  /** `repository@sha256:…` of the index. */
  readonly image: string;
  /** Platform → digest of its manifest. */
  readonly platforms: Readonly<Record<string, string>>;
  /** The image of a `FROM` line → what it was built from, `docker-image://repository@sha256:…`. */
  readonly bases: Readonly<Record<string, string>>;
}

const outputs = z.object({ image: z.string(), platforms: z.record(z.string(), z.string()) });
const inputs = z.object({
  context: z.object({ named: z.record(z.string(), z.object({ location: z.string() })).default({}) }),
});

/** Reads the image of a stack. @throws Failure where the stack built none. */
export async function builtImage(run: Run, stack: string): Promise<BuiltImage> {
  const build = (await stackResources(run, stack)).find(({ type }) => type === "docker-build:index:Image");
  if (build === undefined) {
    throw new Failure(`the stack ${stack} has built no image: attest the stack that did`);
  }
  const { named } = inputs.parse(build.inputs).context;
  const stackOutputs = await outputOf(run, ["pulumi", "stack", "output", "--json", "--stack", stack]);
  return {
    ...outputs.parse(JSON.parse(stackOutputs)),
    bases: Object.fromEntries(Object.entries(named).map(([name, { location }]) => [name, location])),
  };
}
