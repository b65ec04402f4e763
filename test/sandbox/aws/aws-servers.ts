/**
 * The sandbox's AWS: moto as the control plane, the account's ECR registry, and what tells the API server whose token it
 * has. Prints the control plane's URL once they answer, and ends, with all that it started, when its standard input does:
 * so also when whoever started it was killed.
 *
 * Usage: aws-servers.ts PYTHON
 */
import { ECR } from "@aws-sdk/client-ecr";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { forward } from "../forward";
import { ports } from "../paths";
import { pki } from "../pki";
import { account, awsSockets, tokenKeyFile, tokenValidityFile } from "./account";
import { registryApi } from "./registry-api";
import { tokenReview } from "./token-review";

const [python = ""] = process.argv.slice(2);

/** What a cluster of EKS is here: the sandbox's own, as it is reached from the machine. */
const apiServer = `https://127.0.0.1:${String(ports.apiServer)}`;
/** Any free port: moto's server says which. */
const anyPort = "0";
const moto = spawn(
  python,
  [join(__dirname, "control_plane.py"), tokenKeyFile, tokenValidityFile, apiServer, pki.ca, anyPort],
  {
    stdio: ["ignore", "inherit", "pipe"],
  },
);
moto.on("error", (error) => {
  throw error;
});
moto.on("close", (status) => {
  console.error(`moto ended with ${String(status)}`);
  process.exit(1);
});
process.stdin.on("end", () => {
  moto.removeAllListeners("close");
  moto.kill();
  process.exit(0);
});
process.stdin.resume();

const lines = createInterface({ input: moto.stderr });
lines.on("line", (line) => {
  console.error(line);
  const [, port] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
  if (port !== undefined) {
    serve(Number(port));
  }
});

function serve(motoPort: number): void {
  const endpoint = `http://127.0.0.1:${String(motoPort)}`;
  const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
  const ecr = new ECR({ endpoint, region: account.region, credentials });
  const listener = registryApi({ ecr, tokenKey: readFileSync(tokenKeyFile), blobPort: ports.registry });
  const tls = { cert: readFileSync(pki.ecr), key: readFileSync(pki.ecrKey) };
  const server = createServer(tls, listener);
  const at = { host: account.address, port: 443 };
  forward(awsSockets.controlPlane, () => ({ host: "127.0.0.1", port: motoPort }));
  forward(awsSockets.registry, () => at);
  rmSync(awsSockets.tokenReview, { force: true });
  createHttpServer(tokenReview(endpoint)).listen(awsSockets.tokenReview);
  server.listen(at, () => {
    process.stdout.write(`${endpoint}\n`);
  });
}
