import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { inNode } from "../sandbox/choose-ground";
import { checkout } from "../sandbox/ground/paths";
import { eventually } from "./eventually";
import { execute, type Execution, succeed } from "./execute";
import type { Pod } from "./pod";

/** Two pods, also under a load: the autoscaler has a suite of its own. */
const fixedReplicas: Readonly<Record<string, unknown>> = { "ping:replicas": { min: 2, max: 2 } };

/** What deploys a stack, for {@link Project.pulumi}. */
export const up = ["up", "--yes", "--skip-preview"] as const;

/** Of this run alone: what an earlier one has built would be found. */
const began = Date.now();

/** A copy of the project in a directory of its own, with a stack of its own, in the sandbox. */
export class Project {
  /** Of the service that the stack's file names. */
  namespace: string;

  constructor(
    readonly cwd: string,
    readonly stack: string,
    readonly env: NodeJS.ProcessEnv,
  ) {
    this.namespace = `ping-${stack}`;
  }

  /** Runs the Pulumi CLI on the stack, which is expected to succeed. */
  pulumi(...args: string[]): Promise<string> {
    return succeed(["pulumi", ...args, "--stack", this.stack], this);
  }

  /** Runs the Pulumi CLI on the stack, whatever its exit status. */
  tryPulumi(...args: string[]): Promise<Execution> {
    return execute(["pulumi", ...args, "--stack", this.stack], this);
  }

  /** Runs the Pulumi CLI on the stack, which is expected to fail and to explain itself. Returns all that it printed. */
  async fails(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.tryPulumi(...args);
    const output = stdout + stderr;
    assert.notEqual(status, 0, output);
    assert.doesNotMatch(output, /at .*\.(ts|js):\d+/, "a stack trace is no explanation");
    return output;
  }

  /** Deploys the stack and returns its outputs. */
  async up(): Promise<Outputs> {
    await this.pulumi(...up);
    return this.outputs();
  }

  /** The stack's outputs as they are. */
  async outputs(): Promise<Outputs> {
    return JSON.parse(await this.pulumi("stack", "output", "--json")) as Outputs;
  }

  /** Runs kubectl in the stack's namespace. */
  kubectl(...args: string[]): Promise<string> {
    return succeed(["kubectl", "--namespace", this.namespace, ...args], this);
  }

  /** An object, parsed. */
  async get<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl("get", ...args, "--output", "json")) as T;
  }

  /** The objects of a kind in the stack's namespace. */
  async list<T>(...args: string[]): Promise<T[]> {
    return (await this.get<{ items: T[] }>(...args)).items;
  }

  /** The pods in the stack's namespace that aren't on their way out. */
  async pods(...args: string[]): Promise<Pod[]> {
    const pods = await this.list<Pod>("pods", ...args);
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** What Pulumi knows of the stack. */
  async state(): Promise<State> {
    const { deployment } = JSON.parse(await this.pulumi("stack", "export")) as { deployment: Partial<State> };
    return { resources: [], pending_operations: [], ...deployment };
  }

  /** The body of a GET through the cluster's Service, asked from the first node unless `enter` leads to another. */
  async request(service: string, path: string, enter: typeof inNode = inNode): Promise<string> {
    const { spec } = await this.get<{ spec: { clusterIP: string; ports: { port: number }[] } }>("service", service);
    const url = `http://${spec.clusterIP}:${String(spec.ports[0]?.port)}${path}`;
    // A Service is there a moment before kube-proxy has taught the kernel about it: until then its address is unreachable,
    // which curl by itself takes for final.
    const patience = ["--retry", "10", "--retry-all-errors", "--retry-delay", "1", "--max-time", "30"];
    return await succeed(enter(["curl", "--silent", "--show-error", "--fail", ...patience, url]), this);
  }

  /** Waits until a GET through the Service gives this body: after a rollout, a pod that is about to stop may still answer. */
  async answers(service: string, path: string, body: string): Promise<void> {
    await eventually(`the answer ${JSON.stringify(body)} to GET ${path}`, async () =>
      (await this.request(service, path)) === body ? body : undefined,
    );
  }

  /**
   * Writes the stack's file: what `Pulumi.dev.yaml` says and a fixed number of pods, but for the keys given; null leaves one
   * out.
   */
  configure(overrides: Readonly<Record<string, unknown>>): void {
    const { name } = overrides;
    this.namespace = `${typeof name === "string" ? name : "ping"}-${this.stack}`;
    const dev = load(readFileSync(join(checkout, "Pulumi.dev.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    const registry: Record<string, unknown> = {
      "ping:registry": { url: `localhost:15000/${this.stack}-${began}/ping` },
    };
    const own = Object.fromEntries(
      Object.entries(overrides).map(([key, value]) => [key.includes(":") ? key : `ping:${key}`, value]),
    );
    const config = Object.fromEntries(
      Object.entries({ ...dev.config, ...registry, ...fixedReplicas, ...own }).filter(([, value]) => value !== null),
    );
    const file = join(this.cwd, `Pulumi.${this.stack}.yaml`);
    // A passphrase of the project's own has the salt that `stack init` wrote.
    const salted = this.env["PULUMI_CONFIG_PASSPHRASE"] === "" ? {} : (load(readFileSync(file, "utf8")) as object);
    writeFileSync(file, dump({ ...dev, ...salted, config }));
  }

  /** What delivery/cli/diagnose.ts says about the rollout. */
  diagnose(): Promise<string> {
    const command = [process.execPath, "--require", "./loader", "delivery/cli/diagnose.ts"] as const;
    return succeed([...command, "--stack", this.stack, "--context", "sandbox"], this);
  }

  /** What a person would look at after a failure: objects, events and the pods' last lines. */
  async clusterState(): Promise<string> {
    const look = async (...args: string[]) => {
      const { stdout, stderr } = await execute(["kubectl", "--namespace", this.namespace, ...args], this);
      return `$ kubectl ${args.join(" ")}\n${stdout}${stderr}`;
    };
    const parts = [
      await look("get", "all"),
      await look("get", "events", "--sort-by=.lastTimestamp"),
      await look("logs", "--selector=app.kubernetes.io/name", "--all-containers", "--prefix", "--tail=20"),
    ];
    return parts.join("\n");
  }
}

/** A stack's state: its resources, and what an update left unfinished. */
export interface State {
  readonly resources: readonly Resource[];
  readonly pending_operations: readonly { readonly type: string; readonly resource: Resource }[];
}

interface Resource {
  readonly type: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The stack's outputs, which are an interface. */
export interface Outputs {
  readonly image: string;
  readonly platforms: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly service: string;
  readonly url: string;
}

/** Copies the files that git knows or would add, under a umask, and links what `npm ci` installed. */
export async function copyCheckout(umask = 0o022): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  const list = await succeed(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: checkout,
  });
  for (const file of list.split("\0").filter(Boolean)) {
    cpSync(join(checkout, file), join(directory, file));
  }
  // As a checkout under that umask would have made them: git itself only knows whether a file is executable.
  await succeed(["chmod", "-R", `u=rwX,g=${umask & 0o020 ? "rX" : "rwX"},o=rX`, directory]);
  // Not the folder itself: what is staged in its .cache must be each copy's own.
  mkdirSync(join(directory, "node_modules"));
  for (const name of readdirSync(join(checkout, "node_modules"))) {
    if (name !== ".cache") {
      symlinkSync(join(checkout, "node_modules", name), join(directory, "node_modules", name));
    }
  }
  return directory;
}

/**
 * Gives `work` a project with the stack `stack`, configured as `dev` but for `overrides`, and removes both afterwards
 * with all that was deployed. Returns the result of `work`. A failure tells what the cluster looked like.
 */
export async function withProject<T>(
  stack: string,
  env: NodeJS.ProcessEnv,
  overrides: Readonly<Record<string, unknown>>,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const project = new Project(await copyCheckout(), stack, env);
  try {
    await project.pulumi("stack", "init", "--no-select");
    project.configure(overrides);
    try {
      return await work(project);
    } catch (error) {
      throw new Error(`${String(error)}\n${await project.clusterState()}`, { cause: error });
    } finally {
      await project.pulumi("destroy", "--yes", "--skip-preview");
      await project.pulumi("stack", "rm", "--yes", "--preserve-config");
    }
  } finally {
    rmSync(project.cwd, { recursive: true, force: true });
  }
}
