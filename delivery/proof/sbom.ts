import { outputOf, type Run } from "../run";

/** What cosign calls an SBOM in SPDX's JSON, `https://spdx.dev/Document`. */
export const sbomType = "spdxjson";

/**
 * Writes what is in an image of one platform to a file: the Go modules and the version of Go that its binary was built with,
 * as the binary itself says.
 */
export async function writeSbom(run: Run, image: string, file: string): Promise<void> {
  // Otherwise syft asks for a newer version of itself.
  const env = { SYFT_CHECK_FOR_APP_UPDATE: "false" };
  await outputOf(run, ["syft", "scan", `registry:${image}`, "--output", `spdx-json=${file}`], { env });
}
