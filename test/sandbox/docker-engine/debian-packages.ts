import { existsSync } from "node:fs";
import { command } from "../ground/command";

/** What the engine needs of Debian: a file of each package → the package. */
const packages: Readonly<Record<string, string>> = {
  "/usr/bin/tini-static": "tini",
  "/usr/bin/gcc": "gcc",
  "/usr/include/stdio.h": "libc6-dev",
  "/usr/include/seccomp.h": "libseccomp-dev",
  "/usr/bin/pkg-config": "pkg-config",
  "/usr/bin/slirp4netns": "slirp4netns",
  "/usr/sbin/debootstrap": "debootstrap",
};

/** Installs the missing ones. */
export async function installDebianPackages(signal: AbortSignal): Promise<void> {
  const missing = Object.entries(packages).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0) {
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await command(["apt-get", "update", "-q"], { env, signal });
  await command(["apt-get", "install", "-q", "-y", "--no-install-recommends", ...missing], { env, signal });
}
