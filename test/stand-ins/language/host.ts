import { createRequire } from "node:module";
import { join } from "node:path";
import { type ServerWritableStream, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { version } from "@pulumi/pulumi/package.json";
import {
  type AboutRequest,
  AboutResponse,
  DependencyInfo,
  type GetProgramDependenciesRequest,
  GetProgramDependenciesResponse,
  type GetRequiredPackagesRequest,
  GetRequiredPackagesResponse,
  type GetRequiredPluginsRequest,
  GetRequiredPluginsResponse,
  type LanguageHandshakeRequest,
  LanguageHandshakeResponse,
  type ProgramInfo,
  type RunPluginRequest,
  RunPluginResponse,
  type RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PluginDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unary, unimplemented } from "../serve";
import { fromStruct } from "../values";
import { directDependencies, installedPlugins } from "./packages";
import { spawnPolicyPack } from "./policy-pack";
import { type Invocation, nodeArguments, nodeEnvironment, outcome, spawnProgram, usesTypescript } from "./program";

const notHere = (what: string) => `the stand-in for the Node.js language host doesn't ${what}: use the real one`;

/**
 * The `LanguageRuntime` service of the plugin protocol for Node.js programs, as far as `pulumi preview`, `up`,
 * `refresh`, `destroy`, `about` and policy packs use it; anything else answers UNIMPLEMENTED. The program runs as the real host runs
 * it: `@pulumi/pulumi/cmd/run` in a process of its own, whose output is this process's own.
 */
export class LanguageHost {
  private engine: string;
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** `engine` is the host:port of the engine's gRPC server. */
  constructor(engine: string) {
    this.engine = engine;
  }

  /** Stops every program, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.running);
  }

  /** The service's methods, for a gRPC server. */
  implementation(): UntypedServiceImplementation {
    return {
      handshake: unary((request: LanguageHandshakeRequest) => {
        this.engine = request.getEngineAddress();
        return new LanguageHandshakeResponse();
      }),
      getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
      getRequiredPackages: unary((request: GetRequiredPackagesRequest) => requiredPackages(request.getInfo())),
      getRequiredPlugins: unary((request: GetRequiredPluginsRequest) => requiredPlugins(request.getInfo())),
      about: unary((request: AboutRequest) => about(request)),
      getProgramDependencies: unary((request: GetProgramDependenciesRequest) => dependencies(request)),
      run: unary((request: RunRequest, signal) => this.track(this.run(request, signal))),
      cancel: unary(async () => {
        await this.stop();
        return new Empty();
      }),
      installDependencies: unimplemented(notHere("install dependencies (run `npm ci`)")),
      runtimeOptionsPrompts: unimplemented(notHere("prompt for runtime options")),
      template: unimplemented(notHere("fill in templates")),
      runPlugin: (call: ServerWritableStream<RunPluginRequest, RunPluginResponse>) => {
        void this.track(this.runPlugin(call));
      },
      generateProgram: unimplemented(notHere("generate programs")),
      generateProject: unimplemented(notHere("generate projects")),
      generatePackage: unimplemented(notHere("generate SDKs")),
      pack: unimplemented(notHere("pack SDKs")),
      link: unimplemented(notHere("link SDKs")),
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
    const info = request.getInfo();
    const directory = info?.getProgramDirectory() ?? request.getPwd();
    const options = fromStruct(info?.getOptions());
    const invocation: Invocation = {
      runner: findRunner(directory),
      directory,
      rootDirectory: info?.getRootDirectory() ?? directory,
      entryPoint: info?.getEntryPoint() ?? request.getProgram(),
      monitor: request.getMonitorAddress(),
      engine: this.engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      stack: request.getStack(),
      dryRun: request.getDryrun(),
      parallel: request.getParallel(),
      args: request.getArgsList(),
      config: Object.fromEntries(request.getConfigMap().toArray()),
      secretKeys: request.getConfigsecretkeysList(),
      options,
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
        throw new Error(notHere(`run plugins of the kind ${request.getKind()}`));
      }
      const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
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
      call.emit("error", { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** An entry point of the SDK, as seen from the program: its own version of the SDK runs it. */
function findRunner(directory: string, runner: "run" | "run-policy-pack" = "run"): string {
  try {
    return createRequire(join(directory, "index.js")).resolve(`@pulumi/pulumi/cmd/${runner}`);
  } catch {
    throw new Error(`@pulumi/pulumi is not installed in ${directory}: run \`npm ci\` there`);
  }
}

function requiredPackages(info: ProgramInfo | undefined): GetRequiredPackagesResponse {
  const plugins = installedPlugins(info?.getProgramDirectory() ?? ".");
  const response = new GetRequiredPackagesResponse();
  response.setPackagesList(
    plugins.map(({ name, version, server }) =>
      new PackageDependency().setName(name).setKind("resource").setVersion(version).setServer(server),
    ),
  );
  return response;
}

function requiredPlugins(info: ProgramInfo | undefined): GetRequiredPluginsResponse {
  const plugins = installedPlugins(info?.getProgramDirectory() ?? ".");
  const response = new GetRequiredPluginsResponse();
  response.setPluginsList(
    plugins.map(({ name, version, server }) =>
      new PluginDependency().setName(name).setKind("resource").setVersion(version).setServer(server),
    ),
  );
  return response;
}

function about(request: AboutRequest): AboutResponse {
  const response = new AboutResponse().setExecutable(process.execPath).setVersion(process.version);
  response.getMetadataMap().set("language host", "stand-in");
  response.getMetadataMap().set("typescript", usesTypescript(fromStruct(request.getInfo()?.getOptions())));
  return response;
}

function dependencies(request: GetProgramDependenciesRequest): GetProgramDependenciesResponse {
  const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const response = new GetProgramDependenciesResponse();
  response.setDependenciesList(
    directDependencies(directory).map(({ name, version }) => new DependencyInfo().setName(name).setVersion(version)),
  );
  return response;
}
