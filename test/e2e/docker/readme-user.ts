import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { engineEnvironment, inEngine } from "../../sandbox/docker-engine/engine";
import { engineFiles } from "../../sandbox/docker-engine/place";
import { checkout } from "../../sandbox/ground/paths";
import { execute, type Execution } from "../../support/execute";
import { copyCheckout } from "../../support/project";

/** The blocks of commands below a heading of the README. */
export function readmeBlocks(heading: string): string[] {
  const text = readFileSync(join(checkout, "README.md"), "utf8");
  const [, rest = ""] = text.split(`\n### ${heading}\n`);
  const [section = ""] = rest.split(/^##/m);
  return [...section.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, code = ""]) => code);
}

/** Lets the user's own Pulumi find the plugins of the sandbox, which this machine may not be able to download. */
export function keepPlugins(): void {
  mkdirSync(join(engineFiles.home, ".pulumi"), { recursive: true });
  renameSync(
    join(engineFiles.home, ".cache", "ping-sandbox", "pulumi", "plugins"),
    join(engineFiles.home, ".pulumi", "plugins"),
  );
}

/** What the README's first block says for this user, and what a person types meanwhile. */
const answers = {
  REGISTRY: "localhost:5001/ping",
  CONTEXT: "kind-kind",
  PULUMI_CONFIG_PASSPHRASE: "hush-hush",
  PULUMI_SKIP_CONFIRMATIONS: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  // What `npm ci` would download is there.
  npm_config_cache: join(homedir(), ".npm"),
};

/** A user of the machine with Docker, who pastes what the README says into a shell in a clone. */
export class ReadmeUser {
  private constructor(private readonly clone: string) {}

  static async create(): Promise<ReadmeUser> {
    const clone = await copyCheckout();
    rmSync(join(clone, "node_modules"), { recursive: true });
    // The program asks Docker Hub itself, which isn't there, for the digest of the base image.
    writeFileSync(
      join(clone, "Pulumi.mine.yaml"),
      'config:\n  ping:bases:\n    "golang:1.26": localhost:5999/library/golang:1.26\n',
    );
    return new ReadmeUser(clone);
  }

  /** Runs commands, all of which are expected to succeed. */
  async paste(commands: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { status, stdout, stderr } = await this.run(commands, env);
    if (status !== 0) {
      throw new Error(`${commands}\nended with ${String(status)}\n${stdout}\n${stderr}`);
    }
  }

  /** Runs commands of which one is expected to fail, and returns all that they wrote. */
  async fails(commands: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(commands, env);
    if (status === 0) {
      throw new Error(`${commands}\nended with 0\n${stdout}\n${stderr}`);
    }
    return stdout + stderr;
  }

  /** Starts a command that runs until it is stopped. */
  start(command: string): { stop: () => Promise<void> } {
    const [file, ...args] = inEngine(["bash", "-ec", command]);
    const env = { ...engineEnvironment(), ...answers };
    const child: ChildProcess = spawn(file, args, { cwd: this.clone, env, stdio: "ignore", detached: true });
    return {
      stop: async () => {
        const ended = once(child, "close");
        process.kill(-(child.pid ?? 0), "SIGINT");
        await ended;
      },
    };
  }

  remove(): void {
    rmSync(this.clone, { recursive: true });
  }

  private run(commands: string, env: NodeJS.ProcessEnv): Promise<Execution> {
    const options = { cwd: this.clone, env: { ...engineEnvironment(), ...answers, ...env } };
    return execute(inEngine(["bash", "-ec", commands]), options);
  }
}
