import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Ended, Failure, messageOf, runSilently } from "../../common";
import type { Cluster } from "./cluster";

/** A cluster's answer to a GET of its API. */
type ApiAnswer =
  | { readonly kind: "found"; readonly text: string }
  /** The API has no such path, or no such object. */
  | { readonly kind: "missing" }
  /** The cluster knows the user, who may not read this. */
  | { readonly kind: "forbidden"; readonly reason: string };

/**
 * What a cluster's API answers to a GET, as text. Undefined if it has no such path.
 *
 * @param question Completes the sentence "kubectl can't ask the cluster …".
 * @throws Failure if kubectl isn't there, or if the cluster doesn't let it ask.
 */
export async function getFromApi(cluster: Cluster, path: string, question: string): Promise<string | undefined> {
  const answer = await askApi(cluster, path, question);
  if (answer.kind === "forbidden") {
    throw cannotAsk(question, answer.reason);
  }
  return answer.kind === "found" ? answer.text : undefined;
}

/**
 * The same, where a user without the right to read the path is no error. This runs kubectl, because nothing else takes
 * every kind of login that a kubeconfig may name.
 *
 * @throws Failure if kubectl isn't there, or if the cluster can't be reached or accepts no login.
 */
export async function askApi(cluster: Cluster, path: string, question: string): Promise<ApiAnswer> {
  const kubeconfig = await new Promise<string>((resolve) => {
    pulumi.output(cluster.kubeconfig).apply(resolve);
  });
  const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  try {
    const file = join(directory, "config");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const options = [
      ...(kubeconfig === "" ? [] : ["--kubeconfig", file]),
      ...(cluster.context === undefined ? [] : ["--context", cluster.context]),
    ];
    return await kubectl([...options, "--request-timeout=10s", "get", "--raw", path], question);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function kubectl(args: readonly string[], question: string): Promise<ApiAnswer> {
  const { status, stdout, stderr } = await runSilently("kubectl", args).catch((error: unknown): Ended => {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw cannotAsk(question, missing ? "it isn't on PATH, so install it" : messageOf(error));
  });
  if (status === 0) {
    return { kind: "found", text: stdout };
  }
  if (stderr.includes("(NotFound)")) {
    return { kind: "missing" };
  }
  const unknown = loginProblem(stdout, stderr);
  const reason = stderr.trim();
  if (unknown === undefined && stderr.includes("(Forbidden)")) {
    return { kind: "forbidden", reason };
  }
  throw cannotAsk(question, unknown ?? reason);
}

/** Why the cluster doesn't know who asks, and what to do. Undefined if it does, or if something else is wrong. */
function loginProblem(stdout: string, stderr: string): string | undefined {
  if (stdout.startsWith("Please enter ")) {
    return (
      "the kubeconfig's context names no user, or one without a login, and kubectl would ask for a username. " +
      "Log in to the cluster, or give the context another user with kubectl config set-context NAME --user USER"
    );
  }
  if (stderr.includes('User "system:anonymous"')) {
    return "the login of the kubeconfig's user doesn't say who it is (system:anonymous). Log in to the cluster again";
  }
  return /\bUnauthorized\b/.test(stderr)
    ? "the cluster doesn't accept the login of the kubeconfig's user (401 Unauthorized), which is wrong or has expired. Log in to the cluster again"
    : undefined;
}

const cannotAsk = (question: string, reason: string) =>
  new Failure(`kubectl can't ask the cluster ${question}: ${reason.replace(/\.$/, "")}.`);
