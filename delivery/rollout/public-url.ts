import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf, request } from "../../common";
import type { HealthCheck } from "./deployment";
import { askGrpc } from "./grpc-health";
import type { SmokeTiming } from "./smoke";

/** A service outside of the cluster. */
export interface Exposed {
  /** `https://` and a host. */
  readonly url: string;
  /** What its readiness probe asks. */
  readonly health: HealthCheck;
}

/** A minute, and the time that the answers take. */
const urlTiming = { atMost: 60, pause: 1000 };

/** Milliseconds that an answer may take. */
const patience = 10_000;

/**
 * Waits until a service answers at its URL as a browser would ask: the name has an address, its certificate is valid, and the
 * Gateway or the Ingress leads to healthy pods.
 *
 * @throws Failure with what came back last.
 */
export async function untilAnswers(
  exposed: Exposed,
  { atMost, pause }: Pick<SmokeTiming, "atMost" | "pause"> = urlTiming,
): Promise<void> {
  const asked = `${exposed.url}${"path" in exposed.health ? exposed.health.path : ""}`;
  for (let round = 1; ; round++) {
    const problem = await ask(exposed, new URL(asked));
    if (problem === undefined) {
      return;
    }
    if (round >= atMost) {
      throw new Failure(
        `the pods are healthy, but ${asked} isn't: ${problem}. Look at the host's DNS record, and at the listener and the ` +
          "certificate of its Gateway or at its Ingress: docs/delivery.md says what they need",
      );
    }
    await sleep(pause);
  }
}

/** Undefined for a healthy answer, and otherwise what came back. */
async function ask({ health }: Exposed, asked: URL): Promise<string | undefined> {
  if ("service" in health) {
    return askGrpc(asked, health.service, patience);
  }
  try {
    const { status } = await request("GET", asked, {}, patience);
    return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
  } catch (error) {
    return messageOf(error);
  }
}
