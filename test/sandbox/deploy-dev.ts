import { spawn } from "node:child_process";
import { Failure } from "../../common";
import { run } from "./ground/run";
import type { Ground } from "./ground/ground";
import { checkout, ports } from "./ground/paths";
import { step } from "./ground/progress";

/** Where the Service is reached from the machine. */
const url = `http://127.0.0.1:${String(ports.service)}`;

/** Milliseconds that the service has to answer one request. */
const answerWithin = 2000;

interface Outputs {
  readonly image: string;
  readonly namespace: string;
  readonly service: string;
}

/** Runs `pulumi up` where the user can watch it, and ends it gracefully when the signal says so. */
function pulumiUp(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const argv = ["up", "--stack", "dev", "--yes", "--skip-preview"];
  // In a session of its own, so that Ctrl-C reaches it once: a second one would end it without saving its state.
  const child = spawn("pulumi", argv, { cwd: checkout, env, stdio: ["ignore", "inherit", "inherit"], detached: true });
  const interrupt = () => child.kill("SIGINT");
  signal.addEventListener("abort", interrupt);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      signal.removeEventListener("abort", interrupt);
      if (signal.aborted) {
        reject(signal.reason as Error);
      } else if (code === 0) {
        resolve();
      } else {
        reject(new Failure(`pulumi up ended with ${String(code)}`));
      }
    });
  });
}

/**
 * How many requests in a row the service answers until it is up. After a restart of the machine, the cluster takes each pod for
 * ready until the kubelet has reported it anew, and so sends requests to pods that have ended.
 */
const answersInARow = 10;

/** @throws Failure with what the service answers, unless that is 200, each time on a connection of its own. */
async function healthy(path: string): Promise<void> {
  for (let answers = 0; answers < answersInARow; answers++) {
    const headers = { connection: "close" };
    const response = await fetch(url + path, { headers, signal: AbortSignal.timeout(answerWithin) });
    const text = await response.text();
    if (response.status !== 200) {
      throw new Failure(`${String(response.status)} ${text}`);
    }
  }
}

/** Deploys the stack `dev`, waits for it to answer through the Service, and prints its URL and digest. */
export async function deployDev(ground: Ground, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  await pulumiUp(env, signal);
  const pulumi = (...args: string[]) => run(["pulumi", ...args, "--stack", "dev"], { cwd: checkout, env, signal });
  const { image, namespace, service } = JSON.parse(await pulumi("stack", "output", "--json")) as Outputs;
  const { healthPath } = JSON.parse(await pulumi("config", "--json")) as { healthPath?: { value: string } };
  const path = healthPath?.value ?? "/health";
  await step(`waiting for ${path} to answer through the Service`, () =>
    ground.openService({ namespace, service }, () => healthy(path), signal),
  );
  process.stdout.write(`\nURL     ${url}\nDigest  ${image.slice(image.indexOf("@") + 1)}\n`);
  return 0;
}
