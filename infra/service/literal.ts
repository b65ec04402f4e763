/**
 * Writes a text so that the container gets it as it is. In `env`, `args` and `command` Kubernetes replaces `$(NAME)` by
 * the variable's value, and `$$` by `$` (https://kubernetes.io/docs/reference/kubernetes-api/definitions/container-v1-core/).
 * Any other `$` stays. Values from a Secret aren't expanded.
 */
export function literal(text: string): string {
  return text.replace(/\$(?=[$(])/g, "$$$$");
}
