import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../../common";

/** An output of a stack. */
interface StackOutput {
  readonly value: unknown;
  /** Whether the stack marks the output as a secret. Messages then don't show it. */
  readonly secret: boolean;
}

/**
 * Reads an output of another stack's last update.
 *
 * @param role First part of the StackReference's name in this stack.
 * @throws Failure if the stack has no such output, naming those that it has.
 */
export async function stackOutput(role: string, stack: string, output: string): Promise<StackOutput> {
  const reference = new pulumi.StackReference(`${role}-stack`, { name: stack });
  const details: { readonly value?: unknown; readonly secretValue?: unknown } =
    await reference.getOutputDetails(output);
  const secret = details.secretValue !== undefined && details.secretValue !== null;
  const found = secret ? details.secretValue : details.value;
  if (found === undefined || found === null) {
    const names = await new Promise<string>((resolve) => {
      reference.outputs.apply((outputs) => resolve(Object.keys(outputs).join(", ")));
    });
    throw new Failure(`the stack ${stack} has no output ${output}; it has ${names || "none"}. Deploy it first.`);
  }
  return { value: found, secret };
}
