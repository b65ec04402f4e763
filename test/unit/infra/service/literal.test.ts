import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { literal } from "../../../../infra/service/literal";

/** What Kubernetes makes of a value of `env`, `args` or `command` (third_party/forked/golang/expansion/expand.go). */
function expand(text: string): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (found, name?: string) => (found === "$$" ? "$" : `<${name ?? ""}>`));
}

test("Kubernetes' expansion of a literal gives the text, of which only $$ and $( are escaped", () => {
  const table: Record<string, string> = {
    "": "",
    "a$b $5 $": "a$b $5 $",
    a$$b: "a$$$b",
    "$(PORT)": "$$(PORT)",
    "x-$(PORT)-y": "x-$$(PORT)-y",
    "$(": "$$(",
    $$: "$$$",
    "$$(PORT)": "$$$$(PORT)",
    $$$: "$$$$$",
  };
  for (const [text, escaped] of Object.entries(table)) {
    assert.equal(literal(text), escaped);
    assert.equal(expand(escaped), text);
  }
});

test("no text is expanded", () => {
  const text = fc.array(fc.constantFrom("$", "(", ")", "A", "x")).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (given) => expand(literal(given)) === given));
});
