import Module from "node:module";

/**
 * Modules that libraries load at their start and that this program never uses: the TypeScript compiler and npm's
 * resolver, which serialize functions; the automation API; what providers are written with; zod's messages in every
 * language. They take 0.8 s of every preview on 2 cores. Pulumi.yaml (`nodeargs`) loads this file before the program.
 * It loads such a module when the first of its members is used. See docs/benchmarks.md.
 *
 * Each pattern matches the requiring file, a space, and the required module.
 */
const late = [
  /\/@pulumi\/pulumi\/.* (\S*\/)?typescript-shim$/,
  /\/@pulumi\/pulumi\/.* @npmcli\/arborist$/,
  /\/@pulumi\/pulumi\/index\.js \.\/(automation|provider)$/,
  /\/zod\/.* \.\.\/locales\/index\.cjs$/,
];

const load: unknown = Reflect.get(Module.prototype, "require");
if (typeof load === "function") {
  Module.prototype.require = function (this: Module, id: string): unknown {
    const now = (): unknown => Reflect.apply(load, this, [id]);
    if (!late.some((which) => which.test(`${this.filename} ${id}`))) {
      return now();
    }
    let loaded: object | undefined;
    const members = () => (loaded ??= Object(now()) as object);
    // `__esModule` is answered without loading. Otherwise the SDK's `import * as` would copy, and so load, every
    // member.
    return new Proxy({}, { get: (_, key): unknown => key === "__esModule" || Reflect.get(members(), key) });
  };
}
