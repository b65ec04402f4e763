import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../../../common";
import { run } from "../../ground/run";
import { inSandboxDirectory, ports } from "../../ground/paths";
import { locate } from "../../ground/which";
import { sockets } from "../../network/sockets";

/** The commands of BusyBox that the `golang` image has. */
const applets =
  "sh ash awk basename cat chmod chown cp cut date dirname echo env expr false find grep head id install ln ls mkdir mktemp mv printf pwd rm rmdir sed sleep sort stat tail tar test touch tr true uname wc xargs".split(
    " ",
  );

/** Where distributions keep the bundle of certificate authorities (crypto/x509's own list begins the same way). */
const bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

function stageBusybox(directory: string): string {
  const busybox = locate("busybox");
  if (readFileSync(busybox).includes("/ld-linux")) {
    throw new Failure(`${busybox} is dynamically linked and can't run in an image: install busybox-static instead`);
  }
  mkdirSync(join(directory, "bin"), { recursive: true });
  mkdirSync(join(directory, "tmp"), { mode: 0o1777 });
  copyFileSync(busybox, join(directory, "bin", "busybox"));
  for (const applet of applets) {
    symlinkSync("busybox", join(directory, "bin", applet));
  }
  return directory;
}

function stageCertificates(directory: string): string {
  const bundle = bundles.find((file) => existsSync(file));
  if (bundle === undefined) {
    throw new Failure(`no certificate authorities found: looked for ${bundles.join(", ")}`);
  }
  mkdirSync(directory, { recursive: true });
  copyFileSync(bundle, join(directory, "ca-certificates.crt"));
  return directory;
}

/** What the image `golang` is built from, name → directory, as far as it must be put together below `directory`. */
export async function golangContexts(
  directory: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return {
    goroot: (await run(["go", "env", "GOROOT"], { signal })).trim(),
    busybox: stageBusybox(join(directory, "busybox")),
    certificates: stageCertificates(join(directory, "certificates")),
  };
}

/** Builds the image of `images/<directory>` from named contexts (name → directory) and pushes it as `reference`. */
async function buildImage(
  directory: string,
  reference: string,
  contexts: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const context = join(__dirname, "images", directory);
  const named = Object.entries(contexts).flatMap(([name, local]) => [
    ...["--local", `${name}=${local}`],
    ...["--opt", `context:${name}=local:${name}`],
  ]);
  await run(
    [
      ...(["buildctl", "--addr", `unix://${sockets.buildkit}`, "build", "--progress=plain"] as const),
      ...["--frontend", "dockerfile.v0", "--local", `dockerfile=${context}`, "--local", `context=${context}`],
      ...named,
      // With the time of the build in its configuration, the same content would have another digest after each start.
      ...["--opt", "build-arg:SOURCE_DATE_EPOCH=0"],
      ...["--output", `type=image,name=localhost:${String(ports.registry)}/${reference},push=true`],
    ],
    { signal },
  );
}

/**
 * Builds and pushes the images that a registry on the internet would have: the node's `pause`, and `golang`, which
 * `FROM golang:1.26` resolves to.
 */
export async function pushImages(signal: AbortSignal): Promise<void> {
  const golang = await golangContexts(inSandboxDirectory("images"), signal);
  await Promise.all([
    buildImage("pause", "pause:latest", { binary: dirname(locate("pause")) }, signal),
    buildImage("golang", "library/golang:1.26", golang, signal),
  ]);
}
