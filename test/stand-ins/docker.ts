import { version } from "@pulumi/docker/package.json";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { dockerProvider } from "./docker/provider";
import { createServer, servePlugin } from "./serve";

const server = createServer();
const stopping = new AbortController();
server.addService(ResourceProviderService, dockerProvider(version, stopping));
void servePlugin(server, () => {
  stopping.abort(new Error("the plugin is stopping"));
});
