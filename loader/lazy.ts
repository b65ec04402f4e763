import Module from "node:module";

/**
 * What libraries load at their start and this program never uses: for serializing functions, the TypeScript compiler and
 * npm's resolver; the automation API and what providers are written with; the words of zod's errors in every language.
 * That is 0.8 s of every preview on 2 cores. Loaded into the program's process by Pulumi.yaml (`nodeargs`), this puts it
 * off until one of their members is asked for. See docs/benchmarks.md.
 *
 * Each is a file that requires, a space, and what it requires.
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
    // `__esModule` answered without loading: the SDK's `import * as` would copy every member otherwise.
    return new Proxy({}, { get: (_, key): unknown => key === "__esModule" || Reflect.get(members(), key) });
  };
}
