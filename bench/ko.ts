import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { buildImage, ldflags, registry } from "./builder";
import type { GoTool } from "./go-tool";

/** The peer of the program's build. */
export const ko: GoTool = { path: "github.com/google/ko", version: "v0.19.0" };

/** Pushes what ko puts binaries on top of: what the service's own image has beside its binary. */
export async function pushBase(directory: string, env: NodeJS.ProcessEnv): Promise<string> {
  const reference = `${registry}/bench/base:latest`;
  const dockerfile = join(directory, "Dockerfile");
  mkdirSync(directory);
  writeFileSync(
    dockerfile,
    [
      "FROM --platform=$BUILDPLATFORM golang:1.26 AS build",
      "FROM scratch",
      "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
      "USER 65532:65532\n",
    ].join("\n"),
  );
  await buildImage(directory, dockerfile, { reference, version: "base" }, env);
  return reference;
}

/** Tells ko what it builds a directory with. */
export function configureKo(directory: string, base: string, version: string): void {
  const builds = [{ id: "ping", ldflags: [ldflags(version)] }];
  writeFileSync(join(directory, ".ko.yaml"), dump({ defaultBaseImage: base, builds }));
}
