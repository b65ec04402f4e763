import assert from "node:assert/strict";
import { Parser } from "commonmark";
import { test } from "node:test";
import { environmentOf } from "../../../../delivery/pull-request/environment";
import { type EnvironmentState, renderEnvironment } from "../../../../delivery/pull-request/environment-comment";
import { hostile } from "../hostile";

const environment = { stack: "pr-7", namespace: "shop-pr-7", service: "shop" };
const of = { commit: "0123456789", log: "https://github.com/o/r/actions/runs/1" };
const at = "At `0123456789`, [log](https://github.com/o/r/actions/runs/1)";
const url = "https://pr-7.preview.example.com";

test("the comment about an environment begins with the way to it, and says what became of it", () => {
  const comments: [EnvironmentState, ...string[]][] = [
    [{ state: "success", url, ...of }, `**[${url}](${url})**`, at],
    [
      { state: "success", url: undefined, ...of },
      "Environment `pr-7`: `kubectl --namespace shop-pr-7 port-forward service/shop 8080:80`, then [localhost:8080](http://localhost:8080)",
      at,
    ],
    [
      { state: "failure", ...of, log: undefined },
      "**The release to the environment `pr-7` failed**; the log says why, and what runs there.",
      "At `0123456789`",
    ],
    [{ state: "inactive" }, "The environment `pr-7` is gone, with all that it deployed."],
    [
      { state: "inactive", idleDays: 14 },
      "The environment `pr-7` is gone, with all that it deployed.",
      "It got no commit for 14 days. Push one, or close and reopen this pull request, and it is made anew.",
    ],
  ];
  for (const [state, ...paragraphs] of comments) {
    assert.equal(renderEnvironment(environment, state), `<!-- environment pr-7 -->\n${paragraphs.join("\n\n")}`);
  }
});

test("no text of a branch becomes a link: a URL is a host's, and names stay in their code spans", () => {
  for (const part of hostile(80)) {
    const text = `${part}canary${part}`;
    for (const wrong of [text, `https://a.example/${text}`, `https://a.example](${text})`]) {
      assert.throws(
        () => renderEnvironment(environment, { state: "success", url: wrong, ...of }),
        /isn't https:\/\/ and/,
      );
    }
    const named = environmentOf(
      "7",
      JSON.stringify({ name: text }),
      JSON.stringify({ config: { [`${text}:name`]: text } }),
    );
    const body = renderEnvironment(named, { state: "success", url: undefined, ...of, commit: text });
    const walker = new Parser().parse(body).walker();
    const links: (string | null)[] = [];
    for (let event = walker.next(); event; event = walker.next()) {
      const { type, literal, destination } = event.node;
      if (event.entering && (type === "link" || type === "image")) {
        links.push(destination);
      } else if (event.entering && (type === "text" || type.startsWith("html"))) {
        assert.doesNotMatch(literal ?? "", /canary/, JSON.stringify(text));
      }
    }
    assert.deepEqual(links, ["http://localhost:8080", of.log], JSON.stringify(text));
  }
});
