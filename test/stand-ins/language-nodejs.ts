import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { LanguageHost } from "./language/host";
import { createServer, servePlugin } from "./serve";

// The engine passes its address last, after flags for logging and tracing.
const host = new LanguageHost(process.argv.at(-1) ?? "");
const server = createServer();
server.addService(LanguageRuntimeService, host.implementation());
void servePlugin(server, () => host.stop());
