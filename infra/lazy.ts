import Module from "node:module";

/**
 * What the SDK loads at its start and uses only to serialize functions, which this program never does: the TypeScript
 * compiler and npm's resolver, 0.7 s of every preview on 2 cores. Loaded into the program's process by Pulumi.yaml
 * (`nodeargs`), it puts that off until one of their members is asked for. See docs/benchmarks.md.
 */
const late = /(^|\/)typescript-shim$|^@npmcli\/arborist$/;

const load: unknown = Reflect.get(Module.prototype, "require");
if (typeof load === "function") {
  Module.prototype.require = function (this: Module, id: string): unknown {
    const now = (): unknown => Reflect.apply(load, this, [id]);
    if (!late.test(id) || !this.filename.includes("/@pulumi/pulumi/")) {
      return now();
    }
    let loaded: object | undefined;
    const members = () => (loaded ??= Object(now()) as object);
    // `__esModule` answered without loading: the SDK's `import * as` would copy every member otherwise.
    return new Proxy({}, { get: (_, key): unknown => key === "__esModule" || Reflect.get(members(), key) });
  };
}
