import { parseQuantity } from "../../../common";
import { byteQuantity, integer, object, quantity, value } from "../readers";

const cpu = value("a CPU quantity such as 250m or 1", quantity);
const bytes = value("a number of bytes such as 64Mi", byteQuantity);

/**
 * The key `resources`. The defaults fit the service in `app/`: 64 MiB hold 2,000 keep-alive connections
 * (`app/process_test.go`), and a container may have 5 log files of 10 MiB, which count as ephemeral storage. So does `/tmp`,
 * which may take half of it. Requests of memory and storage equal the limits: a node that runs short first evicts pods that
 * use more than they requested. CPU differs: pods share what is left of it at any time.
 */
export const resources = object({
  requests: object({
    cpu: cpu.prefault("50m"),
    memory: bytes.prefault("64Mi"),
    "ephemeral-storage": bytes.prefault("128Mi"),
  }).prefault({}),
  limits: object({
    cpu: cpu.prefault("1"),
    memory: bytes.prefault("64Mi"),
    "ephemeral-storage": bytes.prefault("128Mi"),
  }).prefault({}),
}).superRefine(({ requests, limits }, context) => {
  for (const name of ["cpu", "memory", "ephemeral-storage"] as const) {
    if ((parseQuantity(limits[name]) ?? 0) < (parseQuantity(requests[name]) ?? 0)) {
      const message = `be at least resources.requests.${name}, ${requests[name]}`;
      context.addIssue({ code: "custom", path: ["limits", name], message });
    }
  }
});

const count = value("a whole number from 1 on", integer(1, Number.MAX_SAFE_INTEGER));

/** The key `quota`: the most that all pods of a namespace may have together, and the most objects of each kind in it. */
export const quota = object({
  pods: count,
  cpu,
  memory: bytes,
  "ephemeral-storage": bytes,
  objects: count.optional(),
});
