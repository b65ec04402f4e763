import { join } from "node:path";
import { z } from "zod";
import { succeed } from "../support/execute";
import type { Finding } from "./finding";

/** Go's vulnerability database, which the module proxy has as a module. CI asks the database itself, vuln.go.dev. */
const database = "golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018";

const download = z.object({ Dir: z.string() });
const place = z.object({ module: z.string(), version: z.string().default("none"), function: z.string().optional() });
const message = z.object({
  osv: z.object({ id: z.string(), summary: z.string() }).optional(),
  finding: z
    .object({ osv: z.string(), fixed_version: z.string().default("none yet"), trace: z.tuple([place], z.unknown()) })
    .optional(),
});

/**
 * govulncheck: known vulnerabilities in what a Go module calls. Those of the standard library are left out, because they are
 * those of this machine's Go. What runs is built with the Go of its base image.
 */
export async function govulncheck(program: string, directory: string): Promise<Finding[]> {
  const { Dir } = download.parse(JSON.parse(await succeed(["go", "mod", "download", "-json", database])));
  const options = ["-C", directory, "-db", `file://${join(Dir, "data/osv")}`, "-format", "json"];
  const stream = await succeed([program, ...options, "./..."]);
  // One indented object after the other.
  const messages = stream.split(/(?<=^\})\n(?=\{)/m).map((text) => message.parse(JSON.parse(text)));
  const summaries = new Map(messages.flatMap(({ osv }) => (osv === undefined ? [] : [[osv.id, osv.summary]])));
  return messages.flatMap(({ finding }) => {
    const called = finding?.trace[0];
    // Without a function, the module has the vulnerability, and nothing calls it.
    if (finding === undefined || called?.function === undefined || called.module === "stdlib") {
      return [];
    }
    return [
      {
        checker: "govulncheck",
        rule: finding.osv,
        object: `${called.module}@${called.version}`,
        message: `${summaries.get(finding.osv) ?? ""}, fixed in ${finding.fixed_version}`,
      },
    ];
  });
}
