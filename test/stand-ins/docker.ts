import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { dockerProvider } from "./docker/provider";
import { createServer, servePlugin } from "./serve";

const server = createServer();
server.addService(ResourceProviderService, dockerProvider);
void servePlugin(server);
