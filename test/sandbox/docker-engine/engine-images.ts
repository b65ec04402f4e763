import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../ground/run";
import { locate } from "../ground/which";
import { engineFiles } from "./place";

/** An image of one layer. */
interface Image {
  readonly reference: string;
  /** Path in the image → file of the machine. */
  readonly files: Readonly<Record<string, string>>;
  /** Path in the image → text. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Path in the image → what it leads to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Instructions of a Dockerfile. */
  readonly changes: readonly string[];
}

const certificates = { "etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt" };

/** The image that the name `registry:3` stands for. */
export const registryImage = (registry: string): Image => ({
  reference: "registry:3",
  files: { "bin/registry": registry, "bin/busybox": locate("busybox"), ...certificates },
  links: { "bin/sh": "busybox" },
  texts: {
    "etc/distribution/config.yml": JSON.stringify({
      version: "0.1",
      log: { fields: { service: "registry" } },
      storage: { delete: { enabled: true }, filesystem: { rootdirectory: "/var/lib/registry" } },
      http: { addr: ":5000" },
    }),
  },
  changes: [
    'ENTRYPOINT ["registry"]',
    'CMD ["serve","/etc/distribution/config.yml"]',
    "ENV PATH=/bin OTEL_TRACES_EXPORTER=none",
    "EXPOSE 5000",
    "VOLUME /var/lib/registry",
  ],
});

/** The image of which buildx makes its builders. */
export const buildkitImage = (programs: Readonly<Record<"buildkit" | "runc" | "dockerInit", string>>): Image => ({
  reference: "moby/buildkit:buildx-stable-1",
  files: {
    "usr/bin/buildkitd": join(programs.buildkit, "buildkitd"),
    "usr/bin/buildctl": join(programs.buildkit, "buildctl"),
    "usr/bin/buildkit-runc": programs.runc,
    "usr/bin/docker-init": programs.dockerInit,
    "bin/busybox": locate("busybox"),
    ...certificates,
  },
  links: Object.fromEntries(["sh", "cat", "ls", "mkdir", "rm"].map((name) => [`bin/${name}`, "busybox"])),
  texts: { "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n" },
  changes: ['ENTRYPOINT ["buildkitd"]', "ENV PATH=/usr/bin:/bin", "VOLUME /var/lib/buildkit"],
});

/** Puts an image into the engine. */
export async function importImage(image: Image, signal: AbortSignal): Promise<void> {
  const root = join(engineFiles.images, image.reference.replaceAll(/[/:]/g, "-"));
  const archive = `${root}.tar`;
  rmSync(root, { recursive: true, force: true });
  const within = (path: string) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  mkdirSync(within("tmp"), { mode: 0o1777 });
  for (const [path, file] of Object.entries(image.files)) {
    copyFileSync(file, within(path));
  }
  for (const [path, text] of Object.entries(image.texts ?? {})) {
    writeFileSync(within(path), text);
  }
  for (const [path, target] of Object.entries(image.links ?? {})) {
    symlinkSync(target, within(path));
  }
  const changes = image.changes.flatMap((change) => ["--change", change]);
  await run(["tar", "-C", root, "-cf", archive, "."], { signal });
  const env = { ...process.env, DOCKER_HOST: `unix://${engineFiles.socket}` };
  await run(["docker", "import", ...changes, archive, image.reference], { env, signal });
  rmSync(root, { recursive: true });
  rmSync(archive);
}
