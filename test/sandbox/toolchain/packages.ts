import { Failure } from "../../../common";
import { command } from "../ground/command";
import { step } from "../ground/progress";
import { which } from "../ground/which";

/** What the sandbox needs of the system beside Go and Node.js: command → Debian's package. */
const packages: Readonly<Record<string, string>> = {
  runc: "runc",
  iptables: "iptables",
  ipset: "ipset",
  busybox: "busybox-static",
  ip: "iproute2",
  ss: "iproute2",
  openssl: "openssl",
};

/**
 * Installs the missing ones with apt-get.
 * @throws Failure on a system without apt-get, naming the commands that are missing.
 */
export async function installPackages(signal: AbortSignal): Promise<void> {
  const missing = Object.keys(packages).filter((name) => which(name) === undefined);
  if (missing.length === 0) {
    return;
  }
  if (which("apt-get") === undefined) {
    throw new Failure(
      `commands that the sandbox needs are missing: ${missing.join(", ")}. Install them and start again.`,
    );
  }
  const names = [...new Set(missing.map((name) => packages[name] ?? name))];
  await step(`installing ${names.join(", ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await command(["apt-get", "update", "-q"], { env, signal });
    await command(["apt-get", "install", "-q", "-y", "--no-install-recommends", ...names], { env, signal });
  });
}
