// What starts with this file: Pulumi's program (nodeargs in Pulumi.yaml), the policy pack, the scripts of package.json and of
// the workflows, and the tests. tsx strips the types, and lazy.ts loads late what may never be used.
const Module = require("node:module");

// tsx reads every file in search of ESM syntax. What npm installed needs none of that, which saves 0.16 s of a preview.
const plain = Module._extensions[".js"];
require("tsx/cjs");
const typescript = Module._extensions[".js"];
Module._extensions[".js"] = (module, file) => (/[\\/]node_modules[\\/]/.test(file) ? plain : typescript)(module, file);

require("./lazy");
