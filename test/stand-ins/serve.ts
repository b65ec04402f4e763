import * as grpc from "@grpc/grpc-js";

/**
 * A gRPC method out of a function: `signal` is aborted when the engine gives the call up, and whatever is thrown
 * becomes the error that `pulumi` prints.
 */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const given = new AbortController();
    call.on("cancelled", () => {
      given.abort(new Error("the engine cancelled the operation"));
    });
    const answer = async () => handle(call.request, given.signal);
    answer().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(toServiceError(error));
      },
    );
  };
}

/** A gRPC method that this plugin does not have, with the reason why. */
export function unimplemented<Request, Response>(reason: string): grpc.handleUnaryCall<Request, Response> {
  return (_call, callback) => {
    callback({ code: grpc.status.UNIMPLEMENTED, details: reason });
  };
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
 * Runs a plugin until the engine is done with it: prints the port, as the plugin protocol asks, and exits on a signal
 * or when the engine's end of stdin closes (so also when the engine was killed), after `stop` has cleaned up.
 */
export async function servePlugin(server: grpc.Server, stop: () => void | Promise<void>): Promise<void> {
  let stopping = false;
  const end = () => {
    if (!stopping) {
      stopping = true;
      void Promise.resolve(stop()).finally(() => process.exit(0));
    }
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  process.stdin.on("end", end).on("error", end).resume();
  process.stdout.write(`${await listen(server)}\n`);
}

function toServiceError(error: unknown): Partial<grpc.ServiceError> {
  return { code: grpc.status.UNKNOWN, details: describe(error) };
}

/** A bug of the plugin is reported with its stack, an expected failure with its message alone. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const bug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return bug ? (error.stack ?? error.message) : error.message;
}
