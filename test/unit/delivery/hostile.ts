const fragments = [
  ...Array.from("`~<>[]()!*_#|&\\-+=@:\"'\n\r\t "),
  "``",
  "```",
  "````\n",
  "\n```\n",
  "~~~",
  "<details>",
  "</details>",
  "<!-- ",
  "-->",
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "@everyone",
  "@team/owners",
  "#123",
  "[click](https://evil.example)",
  "![](https://evil.example/pixel.png)",
  "https://evil.example",
  "\n# heading\n",
  "\n    indented\n",
  "\u001b[31m",
  "\u001b]8;;https://evil.example\u0007",
  "\u202e",
  "\u200b",
  "\u2028",
  "\u0000",
  "\ud83d",
  "🚀",
  "a",
  "12",
];

/**
 * Texts that try to break out of Markdown: each fragment alone, and many put together at random, the same ones in each run.
 */
export function* hostile(count = 200): Generator<string> {
  yield* fragments;
  // A linear congruential generator, with the constants of Numerical Recipes.
  let seed = 20_261_121;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  for (let number = 0; number < count; number++) {
    yield Array.from({ length: 1 + below(8) }, () => fragments[below(fragments.length)]).join("");
  }
}
