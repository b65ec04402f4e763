import type * as pulumi from "@pulumi/pulumi";

/** A resource that a program has made, and the options that mocks don't show. */
export interface Made {
  readonly resource: pulumi.Resource;
  readonly opts: pulumi.CustomResourceOptions;
}

/** A transformation for a component's options, and what it has seen made: name → resource, in the program's order. */
export function recorded(): { made: Map<string, Made>; record: pulumi.ResourceTransformation } {
  const made = new Map<string, Made>();
  const record: pulumi.ResourceTransformation = ({ name, resource, opts }) => {
    made.set(name, { resource, opts });
    return undefined;
  };
  return { made, record };
}
