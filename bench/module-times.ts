// Loaded into the program's process before anything else: how long its modules take to load, by the package that asked
// for them. Written to the file that MODULE_TIMES names when the process ends.
import { writeFileSync } from "node:fs";
import Module from "node:module";
import { isAbsolute } from "node:path";

/** What is told apart; what one of them requires, such as @grpc/grpc-js, counts as its own. */
const packages = [
  ...["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/docker", "@pulumi/docker-build"],
  // The SDK's own, for serializing functions.
  ...["typescript", "@npmcli/arborist"],
  ...["zod", "js-yaml"],
];
const own = "infra/";

const started = performance.now();
const times: Record<string, number> = {};
const stack = [{ group: "@pulumi/pulumi", inner: 0 }];

/** The package of a file or of a bare specifier. */
function packageOf(path: string): string | undefined {
  const inside = isAbsolute(path) ? path.split("/node_modules/").at(-1) : path;
  if (inside === path && isAbsolute(path)) {
    return own;
  }
  return /^(@[^/]+\/)?[^/]+/.exec(inside ?? path)?.[0];
}

// Node.js calls this for each module, also once the project's loader has it load one late.
const original: unknown = Reflect.get(Module, "_load");
if (typeof original !== "function") {
  throw new Error("Module._load is no function in this Node.js");
}
const load = (id: string, parent: Module | undefined, ...others: unknown[]): unknown => {
  const above = stack.at(-1);
  const name = packageOf(id.startsWith(".") ? (parent?.filename ?? id) : id) ?? "";
  const group = name === own || packages.includes(name) ? name : (above?.group ?? own);
  const frame = { group, inner: 0 };
  stack.push(frame);
  const begin = performance.now();
  try {
    return Reflect.apply(original, Module, [id, parent, ...others]) as unknown;
  } finally {
    const elapsed = performance.now() - begin;
    stack.pop();
    times[group] = (times[group] ?? 0) + elapsed - frame.inner;
    if (above) {
      above.inner += elapsed;
    }
  }
};
Reflect.set(Module, "_load", load);

process.on("exit", () => {
  const file = process.env["MODULE_TIMES"];
  if (file) {
    writeFileSync(file, JSON.stringify({ "node and tsx": started, ...times }));
  }
});
