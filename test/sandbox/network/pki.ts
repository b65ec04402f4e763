import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { inSandboxDirectory, kubeconfig, ports } from "../ground/paths";
import { network } from "./network";

/** Days that the certificates are valid: they are made anew with every sandbox. */
const days = "365";

/** Where the sandbox's certificate authority and what it signed are. */
export const pki = {
  ca: inSandboxDirectory("pki", "ca.crt"),
  caKey: inSandboxDirectory("pki", "ca.key"),
  apiServer: inSandboxDirectory("pki", "apiserver.crt"),
  apiServerKey: inSandboxDirectory("pki", "apiserver.key"),
  /** What the API server shows to the servers behind it, such as the metrics server. */
  frontProxy: inSandboxDirectory("pki", "front-proxy.crt"),
  frontProxyKey: inSandboxDirectory("pki", "front-proxy.key"),
  admin: inSandboxDirectory("pki", "admin.crt"),
  adminKey: inSandboxDirectory("pki", "admin.key"),
  serviceAccount: inSandboxDirectory("pki", "service-account.pub"),
  serviceAccountKey: inSandboxDirectory("pki", "service-account.key"),
  ecr: inSandboxDirectory("pki", "ecr.crt"),
  ecrKey: inSandboxDirectory("pki", "ecr.key"),
} as const;

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function certificate(crt: string, key: string, subject: string, extra: string[]): void {
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key];
  openssl("req", "-x509", ...newKey, "-out", crt, "-days", days, "-subj", subject, ...extra);
}

/** Makes a server's certificate, signed by the sandbox's certificate authority. */
export function createServerCertificate(crt: string, key: string, host: string): void {
  const signed = ["-CA", pki.ca, "-CAkey", pki.caKey, "-addext", `subjectAltName=DNS:${host}`];
  certificate(crt, key, "/CN=server", signed);
}

/** Makes the certificate authority, the certificates and the kubeconfig. The directory `pki` must exist. */
export function createPki(): void {
  certificate(pki.ca, pki.caKey, "/CN=sandbox", []);
  const signed = ["-CA", pki.ca, "-CAkey", pki.caKey];
  const names = `subjectAltName=IP:127.0.0.1,IP:${network.node},DNS:localhost,DNS:kubernetes.default.svc`;
  certificate(pki.apiServer, pki.apiServerKey, "/CN=kube-apiserver", [...signed, "-addext", names]);
  certificate(pki.frontProxy, pki.frontProxyKey, "/CN=front-proxy", signed);
  certificate(pki.admin, pki.adminKey, "/O=system:masters/CN=admin", signed);
  openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", pki.serviceAccountKey);
  openssl("pkey", "-in", pki.serviceAccountKey, "-pubout", "-out", pki.serviceAccount);

  const embed = (file: string) => readFileSync(file).toString("base64");
  const cluster = {
    server: `https://127.0.0.1:${String(ports.apiServer)}`,
    "certificate-authority-data": embed(pki.ca),
  };
  const user = { "client-certificate-data": embed(pki.admin), "client-key-data": embed(pki.adminKey) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster }],
    users: [{ name: "admin", user }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: "admin" } }],
    "current-context": "sandbox",
  };
  writeFileSync(kubeconfig, JSON.stringify(config, null, 2), { mode: 0o600 });
}
