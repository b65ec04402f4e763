import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  DiffResponse,
  GetSchemaResponse,
  type InvokeRequest,
  InvokeResponse,
  ProviderHandshakeResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unary } from "../serve";
import { fromStruct, objectsAt, type Properties, toStruct } from "../values";
import { getRegistryImageManifests, token } from "./manifests";

/**
 * The `ResourceProvider` service of the Docker stand-in: the provider resource, and the look-up of an image's
 * manifests. No engine is ever contacted, so `host` and `disableDockerDaemonCheck` are accepted and mean nothing.
 */
export function dockerProvider(version: string, stopping: AbortController): UntypedServiceImplementation {
  let registryAuth: Properties[] = [];
  return {
    handshake: unary(() => new ProviderHandshakeResponse()),
    attach: unary(() => new Empty()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getSchema: unary(() => new GetSchemaResponse().setSchema(JSON.stringify({ name: "docker", version }))),
    checkConfig: unary((request: CheckRequest) => new CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new DiffResponse().setChanges(DiffResponse.DiffChanges.DIFF_UNKNOWN)),
    configure: unary((request: ConfigureRequest) => {
      registryAuth = configuredAuth(request.getVariablesMap().get("docker:config:registryAuth"));
      return new ConfigureResponse().setSupportspreview(true);
    }),
    invoke: unary(async (request: InvokeRequest, signal) => {
      if (request.getTok() !== token) {
        throw new Error(`the Docker stand-in doesn't have ${request.getTok()}, only ${token}`);
      }
      const either = AbortSignal.any([signal, stopping.signal]);
      const found = await getRegistryImageManifests(fromStruct(request.getArgs()), registryAuth, either);
      return new InvokeResponse().setReturn(toStruct(found));
    }),
    cancel: unary(() => {
      stopping.abort(new Error("the update was cancelled"));
      return new Empty();
    }),
    ...Object.fromEntries(
      ["check", "diff", "create", "read", "update", "delete"].map((method) => [method, unary(refuseResource)]),
    ),
  };
}

function refuseResource(request: { getType(): string }): never {
  throw new Error(`the Docker stand-in doesn't manage ${request.getType()}: it only reads manifests`);
}

/** The provider's `registryAuth`, which the engine passes as JSON. */
function configuredAuth(json: string | undefined): Properties[] {
  const parsed: unknown = json === undefined ? [] : JSON.parse(json);
  return objectsAt({ registryAuth: Array.isArray(parsed) ? parsed : [] }, "registryAuth");
}
