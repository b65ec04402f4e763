// What Pulumi loads before the program (nodeargs in Pulumi.yaml): tsx for this repository's TypeScript, then lazy.ts.
const Module = require("node:module");

// tsx reads every file in search of ESM syntax. What npm installed needs none of that: it is spared 0.16 s of a preview.
const plain = Module._extensions[".js"];
require("tsx/cjs");
const typescript = Module._extensions[".js"];
Module._extensions[".js"] = (module, file) => (/[\\/]node_modules[\\/]/.test(file) ? plain : typescript)(module, file);

require("./lazy");
