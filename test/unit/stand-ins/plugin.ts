import * as grpc from "@grpc/grpc-js";
import { createServer, listen } from "../../stand-ins/serve";

/** A plugin's gRPC service in this process, with a client for it. */
export interface Running<Client> {
  readonly client: Client;
  stop(): void;
}

/** Serves a plugin on a free port and connects to it. */
export async function startPlugin<Client extends grpc.Client>(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
  connect: new (address: string, credentials: grpc.ChannelCredentials) => Client,
): Promise<Running<Client>> {
  const server = createServer();
  server.addService(service, implementation);
  const client = new connect(`127.0.0.1:${await listen(server)}`, grpc.credentials.createInsecure());
  return {
    client,
    stop: () => {
      client.close();
      server.forceShutdown();
    },
  };
}

/** The answer to one call; rejects with the service's error. */
export function ask<Response>(
  call: (done: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error) {
        reject(error);
      } else {
        resolve(response);
      }
    });
  });
}
