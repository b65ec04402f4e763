import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { version } from "@pulumi/docker/package.json";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ConfigureResponse, type InvokeRequest, InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { unary } from "../serve";
import { fromStruct, toStruct } from "../values";
import { getRegistryImageManifests } from "./image-manifests";

/** The one function that this stand-in has. */
export const token = "docker:index/getRegistryImageManifests:getRegistryImageManifests";

/**
 * The `ResourceProvider` service of the Docker stand-in: a look-up of an image's manifests. It contacts no container
 * engine, and ignores the provider's arguments.
 */
export const dockerProvider: UntypedServiceImplementation = {
  getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
  configure: unary(() => new ConfigureResponse()),
  invoke: unary(async (request: InvokeRequest, signal) => {
    if (request.getTok() !== token) {
      throw new Error(`the Docker stand-in doesn't have ${request.getTok()}, only ${token}`);
    }
    const found = await getRegistryImageManifests(fromStruct(request.getArgs()), signal);
    return new InvokeResponse().setReturn(toStruct(found));
  }),
};
