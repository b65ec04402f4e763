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

const original: unknown = Reflect.get(Module.prototype, "require");
if (typeof original !== "function") {
  throw new Error("Module.prototype.require is no function in this Node.js");
}
Module.prototype.require = function (this: Module, id: string): unknown {
  const above = stack.at(-1);
  const name = packageOf(id.startsWith(".") ? this.filename : id) ?? "";
  const group = name === own || packages.includes(name) ? name : (above?.group ?? own);
  const frame = { group, inner: 0 };
  stack.push(frame);
  const begin = performance.now();
  try {
    return Reflect.apply(original, this, [id]) as unknown;
  } finally {
    const elapsed = performance.now() - begin;
    stack.pop();
    times[group] = (times[group] ?? 0) + elapsed - frame.inner;
    if (above) {
      above.inner += elapsed;
    }
  }
};

process.on("exit", () => {
  const file = process.env["MODULE_TIMES"];
  if (file) {
    writeFileSync(file, JSON.stringify({ "node and tsx": started, ...times }));
  }
});
