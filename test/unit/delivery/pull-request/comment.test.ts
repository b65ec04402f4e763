import assert from "node:assert/strict";
import { Parser } from "commonmark";
import { test } from "node:test";
import { secret, unknown } from "../../../../delivery/preview/diff";
import { longestBody } from "../../../../delivery/preview/render";
import { commentMarker, renderComment } from "../../../../delivery/pull-request/comment";
import { hostile } from "../hostile";

const urn = (name: string) => `urn:pulumi:dev::ping::kubernetes:apps/v1:Deployment::${name}`;
const type = "kubernetes:apps/v1:Deployment";
const args = {
  stack: "staging",
  commit: "0123456789",
  log: "https://github.com/o/r/actions/runs/1",
};
const render = (preview: unknown) => renderComment(JSON.stringify(preview), args);
const spec = (image: string) => ({ spec: { template: { spec: { containers: [{ image }] } } } });
const image = "docker-build:index:Image";
const from = (located: Record<string, string>) => ({
  context: { named: Object.fromEntries(Object.entries(located).map(([name, location]) => [name, { location }])) },
});
const stack = { type: "pulumi:pulumi:Stack", outputs: { image: "registry/ping@sha256:aa" } };

test("a comment has a marker, a summary, the images and every changed property", () => {
  const steps = [
    { op: "same", urn: "urn:pulumi:dev::ping::pulumi:pulumi:Stack::ping-dev", oldState: stack },
    {
      op: "update",
      urn: urn("web"),
      oldState: { type, inputs: { ...spec("registry/ping@sha256:aa"), token: secret, gone: 1 } },
      newState: { type, inputs: { ...spec(unknown), token: secret, added: "`new`" } },
      detailedDiff: {
        "spec.template.spec.containers[0].image": { kind: "update", inputDiff: true },
        token: { kind: "update", inputDiff: true },
        gone: { kind: "delete", inputDiff: true },
        added: { kind: "add", inputDiff: true },
      },
    },
  ];
  assert.equal(
    render({ steps, changeSummary: { same: 9, update: 1, create: 0, "weird-`op`": 2 } }),
    `<!-- pulumi preview of staging -->
### Preview of \`staging\`

**1 to update, 2 \`\` weird-\`op\` \`\`, 9 unchanged**

Image: \`registry/ping@sha256:aa\` → the one that the update will push

\`\`\`diff
@@ update kubernetes:apps/v1:Deployment web @@
- spec.template.spec.containers[0].image: "registry/ping@sha256:aa"
+ spec.template.spec.containers[0].image: (known after the update)
- token: [secret]
+ token: [secret]
- gone: 1
+ added: "\`new\`"
\`\`\`

At \`0123456789\`, [log](https://github.com/o/r/actions/runs/1)`,
  );
});

for (const [what, next, line] of [
  ["built", unknown, "the one that the update will push, built with the tag `0123`"],
  ["found", "registry/ping@sha256:bb", "`registry/ping@sha256:bb`, found with the tag `0123`"],
] as const) {
  test(`a comment says that the image is ${what}, with its tag`, () => {
    const stash = { type: "pulumi:index:Stash", inputs: { input: { digests: unknown, args: [], tag: "0123" } } };
    const steps = [
      { op: "same", urn: "urn:pulumi:dev::ping::pulumi:pulumi:Stack::ping-dev", oldState: stack },
      { op: "update", urn: urn("ping-binaries"), newState: stash },
      { op: "update", urn: urn("web"), newState: { type, inputs: spec(next) } },
    ];
    const image = render({ steps, changeSummary: { update: 2 } })
      .split("\n")
      .find((each) => each.startsWith("Image: "));
    assert.equal(image, `Image: \`registry/ping@sha256:aa\` → ${line}`);
  });
}

test("a comment shows the base images of a build", () => {
  const at = (name: string, digit: string) => `docker-image://docker.io/library/${name}@sha256:${digit.repeat(64)}`;
  const before = { "golang:1.26": at("golang", "a"), "busybox:1": at("busybox", "c") };
  const steps = [
    {
      op: "update",
      urn: `urn:pulumi:staging::ping::${image}::ping-build`,
      oldState: { type: image, inputs: from(before) },
      newState: {
        type: image,
        inputs: from({ ...before, "golang:1.26": at("golang", "b"), alpine: at("alpine", "d") }),
      },
      detailedDiff: { 'context.named["golang:1.26"].location': { kind: "update", inputDiff: true } },
    },
  ];
  assert.equal(
    renderComment(JSON.stringify({ steps, changeSummary: { update: 1 } }), args),
    `<!-- pulumi preview of staging -->
### Preview of \`staging\`

**1 to update**

Base images: \`golang:1.26\` at \`sha256:aaaaaaaaaaaa\` → \`sha256:bbbbbbbbbbbb\`, \`busybox:1\` at \`sha256:cccccccccccc\`, \`alpine\` at \`sha256:dddddddddddd\`

\`\`\`diff
@@ update docker-build:index:Image ping-build @@
- context.named["golang:1.26"].location: "docker-image://docker.io/library/golang@sha256:${"a".repeat(64)}"
+ context.named["golang:1.26"].location: "docker-image://docker.io/library/golang@sha256:${"b".repeat(64)}"
\`\`\`

At \`0123456789\`, [log](https://github.com/o/r/actions/runs/1)`,
  );
});

test("a stack that stays as it is says so in two lines", () => {
  const state = { type, inputs: spec("registry/ping@sha256:aa") };
  const steps = [
    { op: "same", urn: "urn:pulumi:dev::ping::pulumi:pulumi:Stack::ping-dev", oldState: stack },
    { op: "same", urn: urn("web"), oldState: state, newState: state },
  ];
  const body = render({ steps, changeSummary: { same: 11 } });
  assert.match(body, /\*\*11 unchanged\*\*\n\nImage: `registry\/ping@sha256:aa`, unchanged\n\nAt /);
});

test("a preview that failed says so first, with its errors; warnings are left to the log", () => {
  const diagnostics = [
    { severity: "warning", message: "warning: deprecated" },
    { severity: "error", message: "error: \u001b[31mping:port must be 1\u001b[0m\n  it is ```0```\n" },
  ];
  const body = render({ steps: [], diagnostics });
  assert.match(
    body,
    /\*\*The preview failed\.\*\* Until then: nothing planned\.\n\n````\nerror: ping:port must be 1\n {2}it is ```0```\n````/,
  );
  assert.doesNotMatch(body, /deprecated/);
});

test("a preview that never ran is told from one without changes", () => {
  for (const output of ["", "error: no stack named 'staging' found"]) {
    assert.match(renderComment(output, args), /\*\*The preview did not run\*\*/);
  }
});

test("a long diff is folded, one that is too long for GitHub is cut, and says by how much", () => {
  const create = (count: number, value: string) => ({
    op: "create",
    urn: urn("web"),
    newState: { type, inputs: Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, value])) },
  });
  assert.match(
    render({ steps: [create(30, "x")] }),
    /<details><summary>Changes of 1 resources, 31 lines<\/summary>\n\n```diff\n/,
  );
  const body = render({
    steps: [create(1000, "x".repeat(100))],
    diagnostics: [{ severity: "error", message: "e".repeat(1e5) }],
  });
  assert.ok(body.length < longestBody);
  assert.ok(body.length > longestBody * 0.9, "as much as fits is shown");
  assert.match(
    body,
    /```\n\n\*\*\d+ of 1001 lines are left out here\*\*, because GitHub takes no longer comments\. The log has them all\.\n\n<\/details>\n\nAt /,
  );
  assert.match(render({ steps: [create(1, "y".repeat(5000))] }), /\+ key0: "y+… \(4010 more characters\)\n/);
});

test("a diff with very many backticks is cut too", () => {
  const inputs = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`key${index}`, "` ".repeat(490)]));
  assert.ok(render({ steps: [{ op: "create", urn: urn("web"), newState: { type, inputs } }] }).length < longestBody);
});

/** The HTML that a comment consists of, beside Markdown. */
const ownHtml =
  /^(?:<!-- pulumi preview of staging -->|<details><summary>Changes of \d+ resources, \d+ lines<\/summary>|<\/details>)$/;

test("no text of a preview leaves its code span or block, and no comment is too long", () => {
  for (const part of hostile(80)) {
    const text = `${part}canary${part}`;
    const steps = [
      {
        op: "same",
        urn: `urn:pulumi:dev::${text}::pulumi:pulumi:Stack::x`,
        oldState: { ...stack, outputs: { image: text } },
      },
      {
        op: text,
        urn: urn(text),
        oldState: { type: text, inputs: { a: text, [text]: 1 } },
        newState: { type: text, inputs: { ...spec(text), a: [text], b: { [text]: text.repeat(300) } } },
        detailedDiff:
          text.length % 2 === 0
            ? null
            : { [text]: { kind: text, inputDiff: true }, a: { kind: "update", inputDiff: true } },
      },
      {
        op: "update",
        urn: urn("build"),
        oldState: { type: image, inputs: from({ [text]: text }) },
        newState: { type: image, inputs: from({ [text]: `${text}@sha256:${"a".repeat(64)}`, other: text }) },
      },
    ];
    const preview = {
      steps,
      changeSummary: { [text]: 3, update: 1 },
      diagnostics: [{ severity: "error", message: text }],
    };
    const body = renderComment(JSON.stringify(preview), args);
    assert.ok(body.length <= longestBody);
    const walker = new Parser().parse(body).walker();
    const links: (string | null)[] = [];
    for (let event = walker.next(); event; event = walker.next()) {
      const { type: kind, literal, destination } = event.node;
      if (event.entering && (kind === "link" || kind === "image")) {
        links.push(destination);
      } else if (event.entering && kind.startsWith("html")) {
        assert.match(literal ?? "", ownHtml, JSON.stringify(text));
      } else if (event.entering && kind === "text") {
        assert.doesNotMatch(literal ?? "", /canary|[@#<>[\]\\]|:\/\//, JSON.stringify(text));
      }
    }
    assert.deepEqual(links, [args.log], JSON.stringify(text));
  }
});

test("a marker is of a stack's name alone", () => {
  assert.equal(commentMarker("pr-1"), "<!-- pulumi preview of pr-1 -->");
  for (const stack of ["", "a-->", "a b", "a/b", "x".repeat(101)]) {
    assert.throws(() => commentMarker(stack), /isn't a stack's name/);
  }
});
