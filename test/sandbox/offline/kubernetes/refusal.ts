import { ApiError } from "./api";
import { describeName, type ObjectName } from "./names";

/** The annotation by which a program lets an apply take fields over from other managers, as with the real provider. */
export const forceAnnotation = "pulumi.com/patchForce";

/** Whether a request was refused because its namespace isn't there: in a preview the same update may create it. */
export function isMissingNamespace(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ApiError && cause.status === 404 && cause.message.startsWith("namespaces ");
}

/** Puts the object's name, and for a conflict the way out, in front of what the API server says. */
export async function explained<Result>(verb: string, name: ObjectName, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    const conflict = error.status === 409 && error.reason === "Conflict";
    const advice = conflict ? `\nSet the annotation ${forceAnnotation}: "true" on it to take these fields over.` : "";
    throw new Error(`${verb} ${describeName(name)}: ${error.message}${advice}`, { cause: error });
  }
}
