import { z } from "zod";
import { Failure, onCloseLabels } from "../../common";
import { kubectl } from "../rollout";
import { type Command, outputOf, type Run } from "../run";
import type { Environment } from "./environment";

const selector = Object.entries(onCloseLabels)
  .map(([label, value]) => `${label}=${value}`)
  .join(",");

const cronJobs = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

const job = z.object({
  spec: z.object({ activeDeadlineSeconds: z.number().optional() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), message: z.string().optional() })).default([]) }),
});

/** The most seconds that a Job may take: twice the longest `progressDeadline`. */
const longest = 7200;

/**
 * Runs what an environment's key `onClose` says: a Job of the CronJob that its last update made. One without the key has none.
 *
 * @throws Failure if the Job fails. The environment must then stay, because nothing else can remove what the Job was to remove.
 */
export async function runOnClose(
  { stack, namespace }: Environment,
  context: string | undefined,
  run: Run,
): Promise<void> {
  const inNamespace = kubectl({ namespace }, context);
  const read = (...args: string[]) => outputOf(run, inNamespace(...args, "--output", "json"));
  const { items } = cronJobs.parse(JSON.parse(await read("get", "cronjobs", "--selector", selector)));
  for (const { metadata } of items) {
    const { name } = metadata;
    // A Job of an earlier try, or one that a killed job of GitHub's left running.
    await outputOf(run, inNamespace("delete", "job", name, "--ignore-not-found", "--request-timeout=5m"));
    process.stderr.write(`${stack}: running ${name} before the environment is removed\n`);
    const made = job.parse(JSON.parse(await read("create", "job", name, `--from=cronjob/${name}`)));
    const seconds = Math.min(made.spec.activeDeadlineSeconds ?? longest, longest) + 60;
    // The first condition is of its end, good or bad.
    const ended = ["wait", `job/${name}`, "--for=jsonpath={.status.conditions[0].status}=True"];
    const patience = [`--timeout=${seconds}s`, `--request-timeout=${seconds}s`];
    const { status, stderr } = await run(inNamespace(...ended, ...patience));
    const { conditions } = job.parse(JSON.parse(await read("get", "job", name))).status;
    if (status === 0 && conditions.some(({ type }) => type === "Complete" || type === "SuccessCriteriaMet")) {
      continue;
    }
    const reason = conditions.find(({ message }) => message !== undefined)?.message ?? stderr.trim();
    const logs = await run(inNamespace("logs", `job/${name}`, "--tail=20"));
    const withoutIt: Command = inNamespace("delete", "cronjob", name);
    throw new Failure(
      `${stack} stays with its data, because the Job ${name} in ${namespace} failed: ${reason.replace(/\.$/, "")}. Its last lines:\n` +
        `${logs.stdout.trim() || logs.stderr.trim()}\nA close that is run again and the next sweep try again. To remove the ` +
        `environment and leave the data: ${withoutIt.join(" ")}`,
    );
  }
}
