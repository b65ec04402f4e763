// Pulumi starts a policy pack with a ts-node that it brings along and no option turns off: TypeScript 3.8 by its syntax.
// tsx, loaded after it, takes the pack's TypeScript over.
require("tsx/cjs");
require("./pack");
