import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { Failure } from "../../common";
import { groundFor, grounds, isUp } from "./choose-ground";
import { deployDev } from "./deploy-dev";
import { environment } from "./environment";
import { run } from "./ground/run";
import type { Ground } from "./ground/ground";
import { cache, checkout, inSandboxDirectory } from "./ground/paths";
import { locked } from "./ground/sandbox-lock";

/** Chooses the ground that needs no Docker. */
const withoutDocker = "--without-docker";

const help = `The sandbox: a registry, BuildKit and a one-node Kubernetes on this machine, in Docker where a Docker daemon answers.

  npm start                     bring it up, run pulumi up on the stack dev, wait for /health
  npm run sandbox -- CMD…       run CMD with its environment: pulumi preview, kubectl get pods -A, …
  npm run sandbox:down          stop it; cluster, registry and Pulumi state go with it
  npm run sandbox:down -- --purge   drop its caches too; images that Docker has pulled stay

  npm start -- ${withoutDocker} builds it from package registries instead, with the Pulumi CLI: on Linux, as root, with Go.
  npm run sandbox -- ${withoutDocker} CMD… does the same before it runs CMD.
`;

/** Brings the sandbox up if it is down and returns the environment for commands. */
async function ready(ground: Ground, signal: AbortSignal): Promise<NodeJS.ProcessEnv> {
  if (!(await ground.isUp())) {
    await ground.up(signal);
  }
  const env = environment(ground);
  await selectStack(env, signal);
  return env;
}

/** Makes `dev` the checkout's stack, unless another was chosen: the CLI remembers a choice by the checkout's path. */
async function selectStack(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const marker = inSandboxDirectory(`selected-${createHash("sha256").update(checkout).digest("hex").slice(0, 12)}`);
  if (existsSync(marker)) {
    return;
  }
  await run(["pulumi", "stack", "select", "--create", "dev"], { cwd: checkout, env, signal });
  writeFileSync(marker, checkout);
}

/** Runs a command in the foreground and returns its exit status as a shell would. */
function foreground(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  // Ctrl-C reaches the child by itself: a terminal sends it to both, and twice would mean "at once".
  {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        child.kill(signal);
      }
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      reject(new Failure(`${file}: ${error.message}`));
    });
    child.on("close", (code, killedBy) => {
      resolve(code ?? 128 + constants.signals[killedBy ?? "SIGKILL"]);
    });
  });
}

/** Aborted by the signals that end a program: what is under way is then undone. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      controller.abort(new Interrupted(name));
    });
  }
  return controller.signal;
}

class Interrupted extends Error {
  constructor(readonly signalName: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`interrupted by ${signalName}`);
  }
}

async function down(args: string[]): Promise<number> {
  if (args.some((arg) => arg !== "--purge")) {
    throw new Failure(`sandbox:down takes --purge only, not ${args.join(" ")}`);
  }
  const purge = args.includes("--purge");
  await locked(async () => {
    for (const ground of grounds) {
      await ground.down({ purge });
    }
  });
  if (purge) {
    rmSync(cache, { recursive: true, force: true });
  }
  return 0;
}

async function start(args: string[], signal: AbortSignal): Promise<number> {
  if (args.some((arg) => arg !== withoutDocker)) {
    throw new Failure(`npm start takes ${withoutDocker} only, not ${args.join(" ")}`);
  }
  const ground = await groundFor(args.length > 0, signal);
  return await locked(async () => deployDev(ground, await ready(ground, signal), signal));
}

async function runInSandbox(args: string[], signal: AbortSignal): Promise<number> {
  const argv = args[0] === withoutDocker ? args.slice(1) : args;
  if (argv.length === 0) {
    throw new Failure(`no command given\n\n${help}`);
  }
  const ground = await groundFor(argv !== args, signal);
  const env = (await isUp()) ? await ready(ground, signal) : await locked(() => ready(ground, signal));
  return await foreground(argv, env);
}

async function main([verb, ...args]: string[]): Promise<number> {
  if (verb === undefined || ["help", "--help", "-h"].includes(verb) || ["--help", "-h"].includes(args[0] ?? "")) {
    process.stdout.write(help);
    return 0;
  }
  switch (verb) {
    case "start":
      return await start(args, interruption());
    case "run":
      return await runInSandbox(args, interruption());
    case "down":
      interruption();
      return await down(args);
    default:
      throw new Failure(`unknown verb ${verb}\n\n${help}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const text =
      error instanceof Failure || error instanceof Interrupted
        ? error.message
        : error instanceof Error
          ? error.stack
          : String(error);
    process.stderr.write(`error: ${text ?? "unknown"}\n`);
    process.exitCode = error instanceof Interrupted ? 128 + constants.signals[error.signalName] : 1;
  },
);
