import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { messageOf } from "../../common";

/** The method of the gRPC health checking protocol that a kubelet asks (https://grpc.io/docs/guides/health-checking/). */
export const healthMethod = "/grpc.health.v1.Health/Check";

/** Names of `HealthCheckResponse.ServingStatus`, by number. */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/**
 * Asks a gRPC server for the health of a service.
 *
 * @param url Its protocol says whether TLS is spoken. Without TLS, no proxy of the environment is asked: it is on the loopback.
 * @param service Empty for the health of the whole server.
 * @param patience Milliseconds that the answer may take.
 * @returns Undefined if the service is healthy, and otherwise what came back.
 */
export async function askGrpc(url: URL, service: string, patience: number): Promise<string | undefined> {
  const client =
    url.protocol === "https:"
      ? new Client(`${url.hostname}:${url.port || 443}`, credentials.createSsl())
      : new Client(url.host, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    const answer = await new Promise<number>((resolve, reject) => {
      const done = (error: ServiceError | null, value?: number) => (error ? reject(error) : resolve(value ?? 0));
      const deadline = Date.now() + patience;
      client.makeUnaryRequest(healthMethod, encodeRequest, decodeResponse, service, { deadline }, done);
    });
    const name = servingStatuses[answer] ?? String(answer);
    return name === "SERVING" ? undefined : `it answered ${name}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    client.close();
  }
}

/** `message HealthCheckRequest { string service = 1; }` */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service);
  return text.length === 0 ? text : Buffer.concat([Buffer.from([(1 << 3) | 2]), varint(text.length), text]);
}

/** `message HealthCheckResponse { ServingStatus status = 1; }`, in which zero is left out. */
function decodeResponse(bytes: Buffer): number {
  return bytes[0] === 1 << 3 ? (bytes[1] ?? 0) : 0;
}

/** A number as protobuf writes it: seven bits a byte, the lowest first. */
function varint(number: number): Buffer {
  const low = number & 127;
  return number < 128 ? Buffer.from([low]) : Buffer.concat([Buffer.from([low | 128]), varint(number >>> 7)]);
}
