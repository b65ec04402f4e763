import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../common";
import { callsFile, ecrRegistry, hosts, tokenValidityFile } from "./aws/addresses";
import type { Call } from "./aws/authorization";
import { inSandboxDirectory } from "./ground/paths";
import { inTurn } from "./ground/sandbox-lock";
import { createServerCertificate, pki } from "./network/pki";
import { inSandbox } from "./standalone/machine";
import { commandDirectory, installAwsPlugin } from "./toolchain/plugins";
import { pythonEnvironment } from "./toolchain/python";

/** The sandbox's AWS while it runs. */
export interface Aws {
  /** URL of the control plane, for every service. */
  readonly endpoint: string;
  /** The environment of a command that works with this account, its `pulumi` and `crane` finding its registry, with `aws`. */
  readonly env: NodeJS.ProcessEnv;
  /** Lets tokens issued from now on be valid for so many seconds; without a number, as long as ECR's. */
  setTokenValidity(seconds?: number): void;
  /** What has been pushed so far: `repository:tag`, or the digest of a manifest without a tag. */
  pushed(): string[];
  /** What roles have called so far, and whether they might. What people call isn't in it. */
  calls(): Call[];
}

const directory = inSandboxDirectory("aws");
const wrappers = join(directory, "bin");
const noNameServer = join(directory, "resolv.conf");

/**
 * Gives `work` an AWS of its own: accounts in one region, with their control plane (moto) and one ECR registry, which are gone
 * afterwards. There is one at a time, so another process waits for its turn. The sandbox itself must be up; `env` is that of a
 * command in it.
 */
export function withAws(env: NodeJS.ProcessEnv, signal: AbortSignal, work: (aws: Aws) => Promise<void>): Promise<void> {
  const startedAndStopped = async () => {
    const started = await startAws(env, signal);
    try {
      await work(started.aws);
    } finally {
      await started.stop();
    }
  };
  return inTurn(startedAndStopped, inSandboxDirectory("aws.lock"), signal);
}

async function startAws(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<{ aws: Aws; stop(): Promise<void> }> {
  const requirements = join(__dirname, "aws/requirements.txt");
  const [bin] = await Promise.all([pythonEnvironment("moto", requirements, signal), installAwsPlugin(env, signal)]);
  const python = join(bin, "python");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(wrappers, { recursive: true });
  writeFileSync(callsFile, "");
  createServerCertificate(pki.ecr, pki.ecrKey, ecrRegistry.host);
  const log = inSandboxDirectory("logs", "aws.log");
  const before = existsSync(log) ? readFileSync(log, "utf8").length : 0;
  const server = [process.execPath, "--import", require.resolve("tsx"), join(__dirname, "aws-servers.ts"), python];
  const [file, ...args] = inSandbox(server);
  // Detached, for Ctrl-C is the caller's alone: what depends on this ends first.
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stderr.pipe(createWriteStream(log, { flags: "a" }));
  const ended = once(child, "close");
  const [first] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer | number | null];
  if (!Buffer.isBuffer(first)) {
    throw new Failure(`the sandbox's AWS ended:\n${readFileSync(log, "utf8").slice(-2000)}`);
  }
  const endpoint = first.toString().trim();
  const aws: Aws = {
    endpoint,
    env: awsEnvironment(endpoint, python, env),
    setTokenValidity: (seconds) => {
      if (seconds === undefined) {
        rmSync(tokenValidityFile, { force: true });
      } else {
        writeFileSync(tokenValidityFile, String(seconds));
      }
    },
    pushed: () =>
      [
        ...readFileSync(log, "utf8")
          .slice(before)
          .matchAll(/^pushed (.+)$/gm),
      ].map(([, what = ""]) => what),
    calls: () =>
      readFileSync(callsFile, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Call),
  };
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { aws, stop };
}

/**
 * A command that sees another `/etc/hosts`, which has the registry's name, and no name server: whatever it asks of AWS,
 * no packet leaves the machine.
 */
export function withRegistryName(argv: readonly string[]): [string, ...string[]] {
  const mounts = `mount --bind ${hosts} /etc/hosts && mount --bind ${noNameServer} /etc/resolv.conf`;
  return ["unshare", "--mount", "sh", "-c", `${mounts} && exec "$@"`, "sh", ...argv];
}

function wrap(name: string): void {
  const [file, ...args] = withRegistryName([join(commandDirectory, name)]);
  const words = args.map((word) => `'${word}'`).join(" ");
  writeFileSync(join(wrappers, name), `#!/bin/sh\nexec ${file} ${words} "$@"\n`, { mode: 0o755 });
}

function awsEnvironment(endpoint: string, python: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  writeFileSync(noNameServer, `nameserver ${ecrRegistry.address}\n`);
  for (const name of ["pulumi", "crane"]) {
    wrap(name);
  }
  writeFileSync(join(wrappers, "aws"), `#!/bin/sh\nexec ${python} -m awscli "$@"\n`, { mode: 0o755 });
  const own = Object.entries(env).filter(([key]) => !key.startsWith("AWS_"));
  return {
    ...Object.fromEntries(own),
    PATH: [wrappers, env["PATH"]].join(":"),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_CONFIG_FILE: join(directory, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, "credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
    // Go takes the one, Node.js the other; nothing that runs there talks to a server of another authority.
    SSL_CERT_FILE: pki.ca,
    NODE_EXTRA_CA_CERTS: pki.ca,
  };
}
