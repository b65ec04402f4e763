import { existsSync } from "node:fs";
import { Failure } from "../../../common";
import { run } from "../ground/run";
import { step } from "../ground/progress";
import { which } from "../ground/which";

/** A command's name or a file's absolute path → the Debian package that has it. */
type Packages = Readonly<Record<string, string>>;

/** What the sandbox without Docker needs of the system beside Go and Node.js. */
export const standalonePackages: Packages = {
  runc: "runc",
  iptables: "iptables",
  ipset: "ipset",
  busybox: "busybox-static",
  ip: "iproute2",
  ss: "iproute2",
  openssl: "openssl",
};

/** What Docker Engine and its images need beside that. */
export const enginePackages: Packages = {
  "/usr/bin/tini-static": "tini",
  "/usr/bin/gcc": "gcc",
  "/usr/include/stdio.h": "libc6-dev",
  "/usr/include/seccomp.h": "libseccomp-dev",
  "/usr/bin/pkg-config": "pkg-config",
  "/usr/bin/slirp4netns": "slirp4netns",
  "/usr/sbin/debootstrap": "debootstrap",
};

/**
 * Installs with apt-get the packages whose command or file is missing.
 * @throws Failure on a system without apt-get, naming what is missing.
 */
export async function installPackages(packages: Packages, signal: AbortSignal): Promise<void> {
  const missing = Object.entries(packages).filter(([need]) =>
    need.startsWith("/") ? !existsSync(need) : which(need) === undefined,
  );
  if (missing.length === 0) {
    return;
  }
  if (which("apt-get") === undefined) {
    const needs = missing.map(([need]) => need).join(", ");
    throw new Failure(`what the sandbox needs is missing: ${needs}. Install it and start again.`);
  }
  const names = [...new Set(missing.map(([, name]) => name))];
  await step(`installing ${names.join(", ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await run(["apt-get", "update", "-q"], { env, signal });
    await run(["apt-get", "install", "-q", "-y", "--no-install-recommends", ...names], { env, signal });
  });
}
