import Module from "node:module";
import { dirname } from "node:path";
import { type Debuggable, withoutStacks } from "./promise-stacks";

/**
 * Modules that are loaded late: when one of their members is used first, not when they are imported. Without this, the
 * program does the same and takes longer. The seconds are the processor time that loading them takes, on 2 cores. A checkout
 * that changes while a program runs is read in part.
 *
 * Each pattern matches the importing file, from this project's folder on, a space, and the imported module.
 */
const late = [
  // This project's own, for which .oxlintrc.json names the same folders: a room's index.ts costs only what is used of it. A script of delivery/ takes 0.2 s to start. With
  // all that stands behind its imports, the SDK for example, it takes 0.5 s.
  /^\/(common|delivery|infra)\/\S+ \.\.?(\/|$)/,
  // Of AWS's SDK, what this program uses: 0.01 s. Only stacks in AWS need it.
  /^\/(common|infra)\/\S+ @pulumi\/aws\//,
  // RE2: 0.02 s. Only the rarer patterns of a .dockerignore need it.
  /^\/infra\/\S+ re2js$/,

  // Of Pulumi's SDK, what nothing here needs: the TypeScript compiler, 0.3 s, and npm's resolver, 0.3 s, which serialize
  // functions; the Automation API, 0.06 s; what providers are written with, 0.01 s.
  /\/@pulumi\/pulumi\/.* (\S*\/)?typescript-shim$/,
  /\/@pulumi\/pulumi\/.* @npmcli\/arborist$/,
  /\/@pulumi\/pulumi\/index\.js \.\/(automation|provider)$/,
  // What traces are written with: 0.1 s. Only `pulumi --tracing` needs it.
  /\/@pulumi\/pulumi\/cmd\/run\/tracing\.js @opentelemetry\/(?!api$)/,
  // zod's messages in every language: 0.03 s.
  /\/zod\/.* \.\.\/locales\/index\.cjs$/,
];

const project = dirname(__dirname);

/**
 * Stands for a module that `load` loads. It shows no members of its own: `export *`, `Object.keys` and `in` find none, a default
 * import of CommonJS is undefined, and a module that is a function can't be called. .oxlintrc.json refuses `export *`, and
 * imports for their effects.
 */
function lateModule(load: () => unknown): object {
  let loaded: object | undefined;
  const members = () => (loaded ??= Object(load()) as object);
  // Whether it is an ES module is answered without loading it: each of these is, or is imported by names alone.
  const proxy = new Proxy({}, { get: (_, key): unknown => key === "__esModule" || Reflect.get(members(), key) });
  // `import * as` makes another object with the same prototype, and copies the module's own members into it. A late
  // module has none of its own, so that nothing loads it there, and both objects find each member in the prototype.
  return Object.create(proxy) as object;
}

const load: unknown = Reflect.get(Module.prototype, "require");
if (typeof load === "function") {
  Module.prototype.require = function (this: Module, id: string): unknown {
    const now = (): unknown => Reflect.apply(load, this, [id]);
    const request = `${this.filename} ${id}`.replace(project, "").replaceAll("\\", "/");
    if (/\/@pulumi\/pulumi\/.*\/debuggable$/.test(request) && !process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) {
      return withoutStacks(now() as Debuggable);
    }
    return late.some((pattern) => pattern.test(request)) ? lateModule(now) : now();
  };
}
