import { version } from "@pulumi/aws/package.json";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { awsProvider } from "./aws/protocol";
import { createServer, servePlugin } from "./serve";

const server = createServer();
server.addService(ResourceProviderService, awsProvider(version));
void servePlugin(server, () => undefined);
