import { Client, credentials } from "@grpc/grpc-js";

/** Milliseconds that a builder may take to tell a build's whole log. */
const patience = 10_000;

/**
 * Asks BuildKit for what the failed step of a build printed, with the step's name before it. Undefined if no step failed,
 * or if it printed nothing.
 *
 * @param address `unix://PATH` or `HOST:PORT`.
 */
export async function stepOutput(address: string, ref: string): Promise<string | undefined> {
  const client = new Client(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    const answers = client.makeServerStreamRequest(
      "/moby.buildkit.v1.Control/Status",
      encodeRequest,
      decodeResponse,
      ref,
      { deadline: Date.now() + patience },
    );
    const steps = new Map<string, string>();
    const logs: Log[] = [];
    for await (const { failed, printed } of answers as AsyncIterable<Status>) {
      failed.forEach(({ digest, name }) => steps.set(digest, name));
      logs.push(...printed);
    }
    const [digest, name] = [...steps].find(([each]) => logs.some(({ step }) => step === each)) ?? [];
    const output = Buffer.concat(logs.filter(({ step }) => step === digest).map(({ text }) => text));
    return digest === undefined ? undefined : `${name}:\n${output.toString()}`;
  } finally {
    client.close();
  }
}

interface Log {
  readonly step: string;
  readonly text: Buffer;
}

interface Status {
  readonly failed: readonly { readonly digest: string; readonly name: string }[];
  readonly printed: readonly Log[];
}

/** `message StatusRequest { string Ref = 1; }` */
function encodeRequest(ref: string): Buffer {
  const text = Buffer.from(ref);
  return Buffer.concat([Buffer.from([(1 << 3) | 2, text.length]), text]);
}

/**
 * `message StatusResponse { repeated Vertex vertexes = 1; repeated VertexLog logs = 3; }`,
 * `message Vertex { string digest = 1; string name = 3; string error = 7; }`,
 * `message VertexLog { string vertex = 1; bytes msg = 4; }`, without what isn't needed.
 */
function decodeResponse(bytes: Buffer): Status {
  const messages = fields(bytes);
  const text = (message: readonly Field[], number: number) =>
    message.find((field) => field.number === number)?.bytes ?? Buffer.alloc(0);
  const all = (number: number) =>
    messages.filter((field) => field.number === number).map((field) => fields(field.bytes));
  return {
    failed: all(1)
      // A step that was under way when another one failed has an error too.
      .filter((vertex) => !/^$|context canceled$/.test(text(vertex, 7).toString()))
      .map((vertex) => ({ digest: text(vertex, 1).toString(), name: text(vertex, 3).toString() })),
    printed: all(3).map((log) => ({ step: text(log, 1).toString(), text: text(log, 4) })),
  };
}

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
}

/** A protobuf message's fields that have a length: texts, bytes and messages. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) {
        break;
      }
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const type = key & 7;
    if (type === 2) {
      const size = varint();
      found.push({ number: key >>> 3, bytes: message.subarray(at, at + size) });
      at += size;
    } else if (type === 0) {
      varint();
    } else {
      at += type === 1 ? 8 : 4;
    }
  }
  return found;
}
