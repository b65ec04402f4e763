import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { awsProvider } from "./aws/provider";
import { createServer, servePlugin } from "./serve";

const server = createServer();
server.addService(ResourceProviderService, awsProvider());
void servePlugin(server);
