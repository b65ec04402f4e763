import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  CheckFailure,
  CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  DiffResponse,
  GetSchemaResponse,
  type ProviderHandshakeRequest,
  ProviderHandshakeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { diffResponse } from "../diff-response";
import { EngineLog } from "../engine-log";
import { unary, unimplemented } from "../serve";
import { fromStruct, toStruct } from "../values";
import type { AutonamingRule } from "./autoname";
import { KubernetesProvider } from "./provider";
import { diffSettings, parseSettings, refusedSettings, type SettingsDiff } from "./settings";

const singleObjects = "the offline Kubernetes provider only does single objects: no YAML files, charts or functions";

/**
 * The `ResourceProvider` service of the offline Kubernetes provider: between the plugin protocol and what is done with
 * objects. Secrets are left to the engine, which marks the outputs that belong to secret inputs
 * (`acceptSecrets: false`). `stopping` ends every operation, now and later.
 */
export function kubernetesProvider(
  version: string,
  engine: string,
  stopping: AbortController,
): UntypedServiceImplementation {
  let engineAddress = engine;
  const log = new EngineLog(() => engineAddress);
  const provider = new KubernetesProvider(log);
  stopping.signal.addEventListener("abort", () => {
    log.close();
    provider.close();
  });
  const until = (signal: AbortSignal) => AbortSignal.any([signal, stopping.signal]);
  return {
    handshake: unary((request: ProviderHandshakeRequest) => {
      engineAddress = request.getEngineAddress();
      return new ProviderHandshakeResponse().setSupportsAutonamingConfiguration(true);
    }),
    attach: unary((request: PluginAttach) => {
      engineAddress = request.getAddress();
      return new Empty();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getSchema: unary(() => new GetSchemaResponse().setSchema(JSON.stringify({ name: "kubernetes", version }))),
    checkConfig: unary((request: CheckRequest) => {
      const failures = refusedSettings(fromStruct(request.getNews()));
      const response = new CheckResponse().setInputs(request.getNews());
      return response.setFailuresList(
        failures.map(({ property, reason }) => new CheckFailure().setProperty(property).setReason(reason)),
      );
    }),
    diffConfig: unary(async (request: DiffRequest) =>
      settingsDiff(await diffSettings(fromStruct(request.getOldInputs()), fromStruct(request.getNews()))),
    ),
    configure: unary(async (request: ConfigureRequest) => {
      const variables = request.getVariablesMap();
      await provider.configure(parseSettings((key) => variables.get(`kubernetes:config:${key}`) ?? ""));
      return new ConfigureResponse().setSupportspreview(true);
    }),
    check: unary(async (request: CheckRequest, signal) => {
      const resource = {
        urn: request.getUrn(),
        type: request.getType(),
        name: request.getName(),
        olds: fromStruct(request.getOlds()),
        seed: request.getRandomseed_asU8(),
        rule: autonamingRule(request),
      };
      const inputs = await provider.check(resource, fromStruct(request.getNews()), until(signal));
      return new CheckResponse().setInputs(toStruct(inputs));
    }),
    diff: unary((request: DiffRequest) => {
      const resource = { urn: request.getUrn(), type: request.getType() };
      return diffResponse(provider.diff(resource, fromStruct(request.getOldInputs()), fromStruct(request.getNews())));
    }),
    create: unary(async (request: CreateRequest, signal) => {
      const write = {
        urn: request.getUrn(),
        type: request.getType(),
        inputs: fromStruct(request.getProperties()),
        preview: request.getPreview(),
        timeout: request.getTimeout(),
        signal: until(signal),
      };
      const { id, outputs } = await provider.write(write, {});
      return new CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),
    update: unary(async (request: UpdateRequest, signal) => {
      const write = {
        urn: request.getUrn(),
        type: request.getType(),
        inputs: fromStruct(request.getNews()),
        preview: request.getPreview(),
        timeout: request.getTimeout(),
        signal: until(signal),
      };
      const { outputs } = await provider.write(write, fromStruct(request.getOlds()));
      return new UpdateResponse().setProperties(toStruct(outputs));
    }),
    read: unary(async (request: ReadRequest, signal) => {
      const resource = {
        urn: request.getUrn(),
        type: request.getType(),
        id: request.getId(),
        state: fromStruct(request.getProperties()),
        inputs: fromStruct(request.getInputs()),
      };
      const found = await provider.read(resource, until(signal));
      if (found === undefined) {
        return new ReadResponse();
      }
      const response = new ReadResponse().setId(request.getId()).setInputs(toStruct(found.inputs));
      return response.setProperties(toStruct(found.outputs));
    }),
    delete: unary(async (request: DeleteRequest, signal) => {
      const resource = {
        urn: request.getUrn(),
        type: request.getType(),
        id: request.getId(),
        state: fromStruct(request.getProperties()),
        timeout: request.getTimeout(),
      };
      await provider.delete(resource, until(signal));
      return new Empty();
    }),
    cancel: unary(() => {
      stopping.abort(new Error("cancelled"));
      return new Empty();
    }),
    invoke: unimplemented(singleObjects),
    call: unimplemented(singleObjects),
    construct: unimplemented(singleObjects),
  };
}

function autonamingRule(request: CheckRequest): AutonamingRule | undefined {
  const options = request.getAutonaming();
  if (options === undefined) {
    return undefined;
  }
  const modes = CheckRequest.AutonamingOptions.Mode;
  const mode = { [modes.PROPOSE]: "propose", [modes.ENFORCE]: "enforce", [modes.DISABLE]: "disable" } as const;
  return { mode: mode[options.getMode()], name: options.getProposedName() };
}

function settingsDiff({ changed, replaces }: SettingsDiff): DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const response = new DiffResponse().setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  return response.setDiffsList([...changed]).setReplacesList([...replaces]);
}
