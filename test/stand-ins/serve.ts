import * as grpc from "@grpc/grpc-js";

/**
 * A gRPC method out of a function. `signal` is aborted when the engine gives up the call. The message of whatever is thrown
 * becomes the error that `pulumi` prints.
 */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const given = new AbortController();
    call.on("cancelled", () => given.abort(new Error("the engine cancelled the operation")));
    const answer = async () => handle(call.request, given.signal);
    answer().then(
      (response) => callback(null, response),
      (error: unknown) => callback(serviceError(error)),
    );
  };
}

/** An error as gRPC passes it on. */
export function serviceError(error: unknown): Partial<grpc.ServiceError> {
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** A gRPC server without the size limit that a large stack's properties would hit (Pulumi's own limit is 400 MiB). */
export function createServer(): grpc.Server {
  const unlimited = -1;
  return new grpc.Server({
    "grpc.max_receive_message_length": unlimited,
    "grpc.max_send_message_length": unlimited,
  });
}

/** Listens on a free port of the loopback interface and returns it. */
export function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) {
        reject(error);
      } else {
        resolve(port);
      }
    });
  });
}

/**
 * Runs a plugin until the engine is done with it. Prints the port, as the plugin protocol asks. Exits after `stop`, on a
 * signal or at the end of stdin, which also comes when the engine was killed.
 */
export async function servePlugin(server: grpc.Server, stop?: () => Promise<void>): Promise<void> {
  let stopping = false;
  const end = () => {
    if (!stopping) {
      stopping = true;
      void Promise.resolve(stop?.()).finally(() => process.exit(0));
    }
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  process.stdin.on("end", end).on("error", end).resume();
  process.stdout.write(`${await listen(server)}\n`);
}
