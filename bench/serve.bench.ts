import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { eventually } from "../test/support/eventually";
import { execute, succeed } from "../test/support/execute";
import { unusedPort } from "../test/support/servers";
import type { Benchmark } from "./benchmark";
import { table } from "./benchmark-report";
import { app, ldflags } from "./builder";
import { interleave, median, ratioOfMedians, variant } from "./statistics";

const rounds = 24;
const connections = 32;
const servers = join(__dirname, "servers");

/** A server that runs, with what proc(5) knows of it. */
interface Server {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

interface Sample {
  readonly requestsPerSecond: number;
  /** CPU time of the server for a request, in microseconds. */
  readonly cpu: number;
  /** Resident set size of the server after the round, in MB. */
  readonly rss: number;
}

/** Starts a server on the first core and waits until it answers. */
async function start(binary: string): Promise<Server> {
  const port = await unusedPort();
  // Standard output goes where writing costs least, which favours the server with a request logger.
  const process_ = spawn("taskset", ["--cpu-list", "0", binary], {
    stdio: "ignore",
    env: { ...process.env, PORT: String(port) },
  });
  const { pid } = process_;
  try {
    // taskset becomes the server, with the same process id.
    const answers = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
      return response?.status === 200 && pid !== undefined ? { process: process_, pid, port } : undefined;
    };
    return await eventually(`${binary} on port ${port}`, answers, 5000);
  } catch (error) {
    process_.kill();
    throw error;
  }
}

/** CPU time that a process has used, in seconds: utime and stime, in ticks of 10 ms (proc(5), stat). */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Asks for /health from the second core for a second. */
async function load({ pid, port }: Server): Promise<Sample> {
  const before = cpuTime(pid);
  const url = `http://127.0.0.1:${port}/health`;
  const wrk = ["wrk", "--threads", "1", "--connections", String(connections), "--duration", "1s", url];
  const output = await succeed(["taskset", "--cpu-list", "1", ...wrk]);
  const [, count, rate] = /(\d+) requests in [\s\S]*Requests\/sec:\s+([\d.]+)/.exec(output) ?? [];
  if (count === undefined || /Non-2xx|Socket errors/.test(output)) {
    throw new Error(`wrk reports errors:\n${output}`);
  }
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    requestsPerSecond: Number(rate),
    cpu: ((cpuTime(pid) - before) / Number(count)) * 1e6,
    rss: (Number(kilobytes) * 1024) / 1e6,
  };
}

/** Requests per second of the service and of its peers. */
export const serveBenchmark: Benchmark = {
  title: "Serving /health",
  run: async (env) => {
    const { status } = await execute(["sh", "-c", "command -v wrk taskset"]);
    if (status !== 0) {
      return { skipped: "wrk or taskset isn't there; Debian has them: apt-get install wrk util-linux" };
    }
    if (cpus().length < 2) {
      return { skipped: "server and load need a core each" };
    }

    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    const running: Server[] = [];
    try {
      const serve = async (name: string, cwd: string, target: string) => {
        const binary = join(directory, basename(join(cwd, target)));
        const flags = ["-trimpath", `-ldflags=${ldflags("bench")}`, "-o", binary];
        await succeed(["go", "build", ...flags, target], { cwd, env: { ...env, CGO_ENABLED: "0", GOFLAGS: "" } });
        const server = await start(binary);
        running.push(server);
        return variant(name, () => load(server));
      };
      const own = await serve("the service", app, ".");
      const netHttp = await serve("net/http alone", servers, "./nethttp");
      const echoLogger = await serve("Echo with its request logger", servers, "./echologger");
      const variants = [own, netHttp, echoLogger];
      await interleave(variants, rounds);

      const rates = ({ samples }: typeof own) => samples.map(({ requestsPerSecond }) => requestsPerSecond);
      const middle = ({ samples }: typeof own, what: keyof Sample) => median(samples.map((sample) => sample[what]));
      const thousands = (value: number) => `${(value / 1000).toFixed(1)}k`;
      return {
        targets: [
          {
            what: "the service ÷ net/http alone, requests per second",
            ratio: ratioOfMedians(rates(own), rates(netHttp)),
            limit: 0.95,
            limits: "at least",
          },
          {
            what: "the service ÷ Echo with its request logger, requests per second",
            ratio: ratioOfMedians(rates(own), rates(echoLogger)),
            limit: 1.1,
            limits: "at least",
          },
        ],
        body: [
          `wrk on one core, the server on the other, ${connections} connections on loopback, ${rounds} rounds of a ` +
            `second each; medians. The peers are in \`bench/servers\` and have the service's timeouts. The request ` +
            `logger writes to /dev/null, where it costs least.`,
          table(
            ["server", "requests/s", "CPU per request", "RSS"],
            variants.map((each) => [
              each.name,
              thousands(middle(each, "requestsPerSecond")),
              `${middle(each, "cpu").toFixed(1)} µs`,
              `${middle(each, "rss").toFixed(1)} MB`,
            ]),
          ),
        ].join("\n\n"),
        plots: [
          {
            name: "serve",
            title: "/health on one core (requests per second, more is better)",
            bars: variants.map((each) => ({
              label: each.name,
              value: middle(each, "requestsPerSecond"),
              text: thousands(middle(each, "requestsPerSecond")),
              own: each === own,
            })),
          },
        ],
      };
    } finally {
      for (const server of running) {
        server.process.kill();
      }
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
