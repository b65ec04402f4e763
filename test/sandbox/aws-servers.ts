/**
 * The sandbox's AWS: the control plane, which is moto behind what decides as IAM does, the account's ECR registry, and what
 * tells the API server whose token it has. Prints the control plane's URL once they answer, and ends, with all that it
 * started, when its standard input does: so also when whoever started it was killed.
 *
 * Usage: aws-servers.ts PYTHON
 */
import { ECR } from "@aws-sdk/client-ecr";
import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { account, awsSockets, callsFile, ecrRegistry, personsRole, region, tokenValidityFile } from "./aws/addresses";
import { authorization } from "./aws/authorization";
import { callerOf } from "./aws/caller";
import { controlPlane } from "./aws/control-plane";
import { registeredPolicies } from "./aws/registered-policies";
import { registryApi } from "./aws/registry-api";
import { tokenReview } from "./aws/token-review";
import { ports } from "./ground/paths";
import { pki } from "./network/pki";
import { forward } from "./standalone/node/forward";

const [python = ""] = process.argv.slice(2);

/** What a cluster of EKS is here: the sandbox's own, as it is reached from the machine. */
const apiServer = `https://127.0.0.1:${String(ports.apiServer)}`;
/** Any free port: moto's server says which. */
const anyPort = "0";
const moto = spawn(python, [join(__dirname, "aws/moto_server.py"), apiServer, pki.ca, anyPort], {
  stdio: ["ignore", "inherit", "pipe"],
});
moto.on("error", (error) => {
  throw error;
});
moto.on("close", (status) => {
  console.error(`moto ended with ${String(status)}`);
  process.exit(1);
});
// Also after an error, such as an address that is taken: moto holds the output open, for whose end the caller waits.
process.on("exit", () => moto.kill());
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();

const lines = createInterface({ input: moto.stderr });
lines.on("line", (line) => {
  console.error(line);
  const [endpoint] = /(?<=Running on )http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
  if (endpoint !== undefined) {
    serve(endpoint);
  }
});

function serve(endpoint: string): void {
  const clients = motoClients(endpoint);
  const authorize = authorization(registeredPolicies(clients), (call) => {
    appendFileSync(callsFile, `${JSON.stringify(call)}\n`);
  });
  const tokenKey = randomBytes(32);
  const twelveHours = 12 * 60 * 60;
  const tokenValidity = () =>
    (existsSync(tokenValidityFile) ? Number(readFileSync(tokenValidityFile, "utf8")) : twelveHours) * 1000;
  const aws = createHttpServer(controlPlane({ ...clients, moto: endpoint, authorize, tokenKey, tokenValidity }));
  const tls = { cert: readFileSync(pki.ecr), key: readFileSync(pki.ecrKey) };
  const registry = createServer(
    tls,
    registryApi({
      ecr: clients.ecr(account),
      authorize,
      tokenKey,
      blobPort: ports.registry,
      // No blob of another run is there already.
      blobPrefix: `ecr-${randomBytes(4).toString("hex")}`,
    }),
  );
  const at = { host: ecrRegistry.address, port: 443 };
  registry.listen(at, () => {
    aws.listen(0, "127.0.0.1", () => {
      const { port } = aws.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      forward(awsSockets.controlPlane, () => ({ host: "127.0.0.1", port }));
      forward(awsSockets.registry, () => at);
      rmSync(awsSockets.tokenReview, { force: true });
      createHttpServer(tokenReview(url)).listen(awsSockets.tokenReview);
      process.stdout.write(`${url}\n`);
    });
  });
}

/** moto's services, with all rights in every account, and what it knows of access keys. */
function motoClients(endpoint: string) {
  const config = { endpoint, region };
  const ours = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
  const credentials = (id: string) => async () => {
    if (id === account) {
      return ours;
    }
    const role = { RoleArn: `arn:aws:iam::${id}:role/${personsRole}`, RoleSessionName: "sandbox" };
    const { Credentials: session } = await new STS({ ...config, credentials: ours }).assumeRole(role);
    return {
      accessKeyId: session?.AccessKeyId ?? "",
      secretAccessKey: session?.SecretAccessKey ?? "",
      sessionToken: session?.SessionToken ?? "",
    };
  };
  return {
    ecr: memoized((id) => new ECR({ ...config, credentials: credentials(id) })),
    iam: memoized((id) => new IAM({ ...config, credentials: credentials(id) })),
    callerOf: memoized(async (accessKeyId) => {
      const sts = new STS({ ...config, credentials: { accessKeyId, secretAccessKey: "any" } });
      return callerOf((await sts.getCallerIdentity()).Arn ?? "", [personsRole]);
    }),
  };
}

function memoized<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const found = made.get(key) ?? make(key);
    made.set(key, found);
    return found;
  };
}
