import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { buildBinaries } from "./binaries";
import { command } from "./command";
import { deployDev } from "./deploy-dev";
import { environment, writeEnvironment } from "./environment";
import { Failure } from "../../infra/base";
import { goVersion } from "./go-modules";
import { bringUp, isUp, markUp, tearDown } from "./machine";
import { missingModules } from "./network-policies";
import { installPackages } from "./packages";
import { cache, checkout, inRun } from "./paths";
import { installPlugins } from "./plugins";
import { checkPorts } from "./ports";
import { locked } from "./sandbox-lock";

const help = `The sandbox: a registry, BuildKit, a one-node Kubernetes and the Pulumi CLI on this machine.

  npm start                     bring it up, run pulumi up on the stack dev, wait for /health
  npm run sandbox -- CMD…       run CMD with its environment: pulumi preview, kubectl get pods -A, …
  npm run sandbox:down          stop it; cluster, registry and Pulumi state go with it
  npm run sandbox:down -- --purge   drop its caches too: the next start builds everything again
`;

function requireRoot(): void {
  if (process.platform !== "linux") {
    throw new Failure(`the sandbox needs Linux; this is ${process.platform}`);
  }
  if (process.getuid?.() !== 0) {
    throw new Failure("the sandbox makes namespaces and mounts: run it as root");
  }
}

/** Brings the whole sandbox up, or leaves nothing of it. */
async function create(signal: AbortSignal): Promise<void> {
  // Before anything is installed: nothing else here can bring a Go.
  await goVersion(signal);
  // What a sandbox that did not end well left behind would hold the ports.
  await tearDown();
  await installPackages(signal);
  const missing = missingModules();
  if (missing.length > 0) {
    process.stderr.write(`Network policies are not enforced: the kernel lacks ${missing.join(", ")}.\n`);
  }
  await checkPorts();
  // Only this process sees all of them: a command in the sandbox sees those that a user may want.
  process.env["PATH"] = [...(await buildBinaries(signal)), process.env["PATH"]].join(":");
  try {
    await bringUp(signal);
    writeEnvironment();
    await installPlugins(signal);
    markUp();
  } catch (error) {
    await tearDown();
    throw error;
  }
}

/** Brings the sandbox up if it is down and returns the environment for commands. */
async function ready(signal: AbortSignal): Promise<NodeJS.ProcessEnv> {
  const env = environment();
  if (!isUp()) {
    await create(signal);
  }
  await selectStack(env, signal);
  return env;
}

/** Makes `dev` the checkout's stack, unless another was chosen: the CLI remembers a choice by the checkout's path. */
async function selectStack(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const marker = inRun(`selected-${createHash("sha256").update(checkout).digest("hex").slice(0, 12)}`);
  if (existsSync(marker)) {
    return;
  }
  await command(["pulumi", "stack", "select", "--create", "dev"], { cwd: checkout, env, signal });
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
  await locked(tearDown);
  if (args.includes("--purge")) {
    rmSync(cache, { recursive: true, force: true });
  }
  return 0;
}

async function main([verb, ...args]: string[]): Promise<number> {
  if (verb === undefined || ["help", "--help", "-h"].includes(verb) || ["--help", "-h"].includes(args[0] ?? "")) {
    process.stdout.write(help);
    return 0;
  }
  requireRoot();
  const signal = interruption();
  switch (verb) {
    case "start":
      return await locked(async () => deployDev(await ready(signal), signal));
    case "run": {
      if (args.length === 0) {
        throw new Failure(`no command given\n\n${help}`);
      }
      const env = isUp() ? await ready(signal) : await locked(() => ready(signal));
      return await foreground(args, env);
    }
    case "down":
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
