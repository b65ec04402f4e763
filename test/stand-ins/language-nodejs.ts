import { LanguageHost } from "./language/host";
import { createServer, servePlugin } from "./serve";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";

const host = new LanguageHost(engineAddress(process.argv.slice(2)));
const server = createServer();
server.addService(LanguageRuntimeService, host.implementation());
void servePlugin(server, () => host.stop());

/** The engine passes its address last, after flags for logging and tracing. */
function engineAddress(args: readonly string[]): string {
  return args.at(-1) ?? "";
}
