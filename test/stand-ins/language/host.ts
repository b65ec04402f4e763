import { createRequire } from "node:module";
import { join } from "node:path";
import type { ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { version } from "@pulumi/pulumi/package.json";
import {
  GetRequiredPackagesResponse,
  type ProgramInfo,
  type RunPluginRequest,
  RunPluginResponse,
  type RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { serviceError, unary } from "../serve";
import { fromStruct, textAt } from "../values";
import { spawnPolicyPack } from "./policy-pack";
import { type Invocation, nodeArguments, nodeEnvironment, outcome, spawnProgram } from "./program";

/**
 * The `LanguageRuntime` service of the plugin protocol for Node.js programs, as far as `pulumi preview`, `up`, `refresh`,
 * `destroy` and policy packs need it. The program runs as the real host runs it: `@pulumi/pulumi/cmd/run` in a process of
 * its own, whose output is this process's own.
 */
export class LanguageHost {
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** `engine` is the host:port of the engine's gRPC server. */
  constructor(private readonly engine: string) {}

  /** Stops every program, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.running);
  }

  /** The service's methods, for a gRPC server. */
  implementation(): UntypedServiceImplementation {
    return {
      getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
      // The real host looks into every node_modules below the program's directory. This project's program has none there.
      getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
      run: unary((request: RunRequest, signal) => this.track(this.run(request, signal))),
      runPlugin: (call: ServerWritableStream<RunPluginRequest, RunPluginResponse>) => {
        void this.track(this.runPlugin(call));
      },
      cancel: unary(async () => {
        await this.stop();
        return new Empty();
      }),
    };
  }

  private async track<Result>(work: Promise<Result>): Promise<Result> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }

  private async run(request: RunRequest, signal: AbortSignal): Promise<RunResponse> {
    const info = informed(request.getInfo());
    const directory = info.getProgramDirectory();
    const options = fromStruct(info.getOptions());
    const invocation: Invocation = {
      runner: findRunner(directory, "run"),
      directory,
      rootDirectory: info.getRootDirectory(),
      entryPoint: info.getEntryPoint(),
      monitor: request.getMonitorAddress(),
      engine: this.engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      stack: request.getStack(),
      dryRun: request.getDryrun(),
      parallel: request.getParallel(),
      config: Object.fromEntries(request.getConfigMap().toArray()),
      secretKeys: request.getConfigsecretkeysList(),
      nodeargs: textAt(options, "nodeargs"),
      typescript: options["typescript"] !== false,
    };
    const { code, signal: killedBy } = await spawnProgram(
      { args: nodeArguments(invocation), directory, environment: nodeEnvironment(invocation) },
      AbortSignal.any([signal, this.stopping.signal]),
    );
    const { bail, error } = outcome(code, killedBy);
    return new RunResponse().setBail(bail).setError(error);
  }

  /** Of all plugins only a policy pack, which answers to the kind `analyzer`. */
  private async runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): Promise<void> {
    const { request } = call;
    const given = new AbortController();
    call.on("cancelled", () => given.abort());
    try {
      if (request.getKind() !== "analyzer") {
        throw new Error(`the language host's stand-in runs no plugin of the kind ${request.getKind()}`);
      }
      const directory = informed(request.getInfo()).getProgramDirectory();
      const code = await spawnPolicyPack(
        {
          runner: findRunner(directory, "run-policy-pack"),
          directory,
          args: request.getArgsList(),
          environment: request.getEnvList(),
          onStdout: (chunk) => call.write(new RunPluginResponse().setStdout(chunk)),
          onStderr: (chunk) => call.write(new RunPluginResponse().setStderr(chunk)),
        },
        AbortSignal.any([given.signal, this.stopping.signal]),
      );
      call.write(new RunPluginResponse().setExitcode(code));
      call.end();
    } catch (error) {
      call.emit("error", serviceError(error));
    }
  }
}

function informed(info: ProgramInfo | undefined): ProgramInfo {
  if (info === undefined) {
    throw new Error("the engine doesn't say which program to run");
  }
  return info;
}

/** An entry point of the SDK, as seen from the program: its own version of the SDK runs it. */
function findRunner(directory: string, runner: "run" | "run-policy-pack"): string {
  try {
    return createRequire(join(directory, "index.js")).resolve(`@pulumi/pulumi/cmd/${runner}`);
  } catch {
    throw new Error(`@pulumi/pulumi is not installed in ${directory}: run \`npm ci\` there`);
  }
}
