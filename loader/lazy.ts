import Module from "node:module";
import { type Debuggable, withoutStacks } from "./promise-stacks";

/**
 * Modules that libraries load at their start and that this program never uses: the TypeScript compiler and npm's
 * resolver, which serialize functions; the automation API; what providers are written with; what traces are written
 * with, for `pulumi --tracing`; zod's messages in every language. Of the program's own: why a rollout failed. Each is loaded
 * when the first of its members is used.
 *
 * Each pattern matches the requiring file, a space, and the required module.
 */
const late = [
  /\/@pulumi\/pulumi\/.* (\S*\/)?typescript-shim$/,
  /\/@pulumi\/pulumi\/.* @npmcli\/arborist$/,
  /\/@pulumi\/pulumi\/index\.js \.\/(automation|provider)$/,
  /\/@pulumi\/pulumi\/cmd\/run\/tracing\.js @opentelemetry\/(?!api$)/,
  /\/zod\/.* \.\.\/locales\/index\.cjs$/,
  /\/infra\/rollout\/\S+ \.\/(rollout-state|explain|objects)$/,
];

const load: unknown = Reflect.get(Module.prototype, "require");
if (typeof load === "function") {
  Module.prototype.require = function (this: Module, id: string): unknown {
    const now = (): unknown => Reflect.apply(load, this, [id]);
    const request = `${this.filename} ${id}`;
    if (/\/@pulumi\/pulumi\/.*\/debuggable$/.test(request) && !process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) {
      return withoutStacks(now() as Debuggable);
    }
    if (!late.some((which) => which.test(request))) {
      return now();
    }
    let loaded: object | undefined;
    const members = () => (loaded ??= Object(now()) as object);
    // `__esModule` is answered without loading. Otherwise the SDK's `import * as` would copy, and so load, every
    // member.
    return new Proxy({}, { get: (_, key): unknown => key === "__esModule" || Reflect.get(members(), key) });
  };
}
