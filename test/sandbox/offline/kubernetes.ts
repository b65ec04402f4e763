import { version } from "@pulumi/kubernetes/package.json";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { kubernetesProvider } from "./kubernetes/protocol";
import { createServer, servePlugin } from "./serve";

const server = createServer();
const stopping = new AbortController();
server.addService(ResourceProviderService, kubernetesProvider(version, process.argv.at(-1) ?? "", stopping));
void servePlugin(server, () => {
  stopping.abort(new Error("the plugin is stopping"));
});
