/** The probes of a container, as the kubelet calls them. */
export const kinds = ["Startup", "Liveness", "Readiness"] as const;
/** A probe of a container. */
export type Kind = (typeof kinds)[number];

/** What a probe asks. */
export interface Question {
  /** As a person would write it. */
  readonly text: string;
  readonly grpc: boolean;
  readonly port: number;
  readonly kind: Kind;
  /** Seconds that each answer may take. */
  readonly timeout: number;
}

/** Whether an answer was waited for in vain. */
export const isTimeout = (answer: string) => /deadline exceeded|timeout/i.test(answer);

/** What an answer means, and what to do. */
interface Reading {
  readonly says: string;
  readonly advice: string;
}

/** Reads the answer to a probe, in the words of the kubelet. */
export function readAnswer(answer: string, question: Question): Reading {
  const rules = question.grpc ? grpcAnswers : httpAnswers;
  for (const [pattern, reading] of rules) {
    const match = pattern.exec(answer);
    if (match !== null) {
      return reading(question, match[1] ?? "");
    }
  }
  return { says: `It got: ${answer}`, advice: `${pathKey(question)} and \`port\` say what is asked.` };
}

const pathKey = ({ kind }: Question) => (kind === "Liveness" ? "`livenessPath`" : "`healthPath`");
/** Only a start may take longer. */
const patience = ({ kind }: Question) =>
  kind === "Startup" ? " If the service only needs longer to start, raise `startDeadline`." : "";
const listens = ({ port }: Question) =>
  `The service must listen on port ${port} of every address, not of 127.0.0.1 alone: it gets the number in PORT. If its port is another one, set \`port\`.`;
const plain = "Set `port` to a port on which it speaks plain HTTP.";

type Answers = readonly [RegExp, (question: Question, detail: string) => Reading][];

/** The answers over HTTP, as the kubelet tells them. */
const httpAnswers: Answers = [
  [
    /statuscode: 404/,
    (question) => ({
      says: "It got HTTP 404",
      advice: `The service has no such path: set ${pathKey(question)} to that of its health check.`,
    }),
  ],
  [
    /statuscode: 421/,
    (question) => ({
      says: "It got HTTP 421",
      advice: `The service refuses a request whose host is the pod's address: set ${pathKey(question)} to a path that it answers under any host.`,
    }),
  ],
  [
    /statuscode: (401|403)/,
    (question, status) => ({
      says: `It got HTTP ${status}`,
      advice: `The path needs a login: set ${pathKey(question)} to one that needs none.`,
    }),
  ],
  [
    /statuscode: 400/,
    (question) => ({
      says: "It got HTTP 400",
      advice: `A service that speaks TLS answers so. ${plain} Otherwise set ${pathKey(question)} to another path.`,
    }),
  ],
  [
    /statuscode: 503/,
    (question) => ({
      says: "It got HTTP 503",
      advice: `The service says that it isn't ready, and its last lines may say why. A network that it needs is missing in \`egress\`, or set ${pathKey(question)} to a check of the service alone.${patience(question)}`,
    }),
  ],
  [
    /statuscode: (\d+)/,
    (question, status) => ({
      says: `It got HTTP ${status}`,
      advice: `Set ${pathKey(question)} to a path that answers with a status from 200 to 399.`,
    }),
  ],
  [
    /malformed HTTP .*\\x15\\x03/,
    () => ({ says: "It got a TLS record instead of HTTP", advice: `The service speaks TLS. ${plain}` }),
  ],
  [
    /malformed HTTP .*\\x00\\x00/,
    () => ({
      says: "It got HTTP/2 frames instead of HTTP/1.1",
      advice: "The service speaks gRPC: set `grpcHealth`.",
    }),
  ],
  [
    /malformed HTTP|server gave HTTP response|connection reset|broken pipe|\bEOF\b/,
    (question) => ({
      says: `It got no HTTP/1.1 from port ${question.port}, which is open`,
      advice: "If the service speaks gRPC, set `grpcHealth`. Otherwise set `port` to its port for HTTP.",
    }),
  ],
  [
    /connection refused/,
    (question) => ({ says: "It got `connection refused`", advice: `${listens(question)}${patience(question)}` }),
  ],
  [
    /deadline exceeded|timeout/i,
    (question) => ({
      says: `It got no answer within ${question.timeout} s`,
      advice: `Set ${pathKey(question)} to a check that answers sooner.${patience(question)}`,
    }),
  ],
];

/** The answers over gRPC, as the kubelet tells them. */
const grpcAnswers: Answers = [
  [
    /does not implement the grpc health protocol/,
    () => ({
      says: "The server doesn't implement the gRPC health protocol",
      advice:
        "Register google.golang.org/grpc/health in the service, or leave `grpcHealth` out and set `healthPath` if it has a health check over HTTP.",
    }),
  ],
  [
    /code = NotFound/,
    () => ({
      says: "The server knows no health of this service",
      advice: "Set `grpcHealth.service` to a name that it reports, or leave it out to ask for the whole server.",
    }),
  ],
  [
    /responded with "(\w+)"/,
    (question, status) => ({
      says: `It got ${status}`,
      advice: `The service says that it isn't ready, and its last lines may say why. A network that it needs is missing in \`egress\`.${patience(question)}`,
    }),
  ],
  [
    /failed to connect/,
    (question) => ({
      says: `It got no gRPC connection within ${question.timeout} s`,
      advice: `${listens(question)} If it speaks HTTP, leave \`grpcHealth\` out and set \`healthPath\`.${patience(question)}`,
    }),
  ],
  [
    /timeout|deadline/i,
    (question) => ({
      says: `It got no answer within ${question.timeout} s`,
      advice: `The health service must answer sooner.${patience(question)}`,
    }),
  ],
];
