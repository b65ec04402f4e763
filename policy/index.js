// Pulumi starts a policy pack with a ts-node that it brings along and no option turns off: TypeScript 3.8 by its syntax.
// The loader's tsx, loaded after it, takes the pack's TypeScript over.
require("../loader");
require("./pack");
