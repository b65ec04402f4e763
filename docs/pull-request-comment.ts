// npm run generate: draws docs/pull-request-comment.svg, the comments that delivery/ writes below a pull request.
import { writeFileSync } from "node:fs";
import { type Node, Parser } from "commonmark";
import { unknown } from "../delivery/preview";
import { environmentOf, renderComment, renderEnvironment } from "../delivery/pull-request";

const repository = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/ping";
const running = `${repository}@sha256:709f55c53587ee8c339b4e227da2ed028c9c0051d29084a6da5f38589c57e59b`;
const [oldTag, newTag] = ["b9fe6bf8299d2234", "41c07de5a9b3f682"];

const [image, deployment, autoscaler] = [
  "docker-build:index:Image",
  "kubernetes:apps/v1:Deployment",
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
];
const urn = (type: string, name: string) => `urn:pulumi:staging::ping::${type}::${name}`;
const update = { kind: "update", inputDiff: true };

const golang = "golang:1.26";
const [oldBase, newBase] = [
  "sha256:2c5f7a0c29c1c3f0a4f9d0c1fd4c0f3e6f0d6ad8a2bd0a0e6f1c7c8f6f0b9d13",
  "sha256:8e02eb337d9e0ea459e041f1ee5eece41cbb61f1d83e7d883a3e2fb4862063fa",
];

const build = (tag: string, digest: string) => ({
  context: { named: { [golang]: { location: `docker-image://docker.io/library/golang@${digest}` } } },
  buildArgs: { ORG_OPENCONTAINERS_IMAGE_VERSION: tag },
  tags: [`${repository}:${tag}`],
});
const pods = (reference: string) => ({ spec: { template: { spec: { containers: [{ image: reference }] } } } });
const range = (minReplicas: number) => ({ spec: { minReplicas } });

/** What `pulumi preview --json` writes of a request that edits the service's code and raises `replicas.min`, after a base has moved. */
const preview = {
  steps: [
    {
      op: "same",
      urn: urn("pulumi:pulumi:Stack", "ping-staging"),
      oldState: { type: "pulumi:pulumi:Stack", outputs: { image: running } },
    },
    {
      op: "update",
      urn: urn(image, "ping-build"),
      oldState: { type: image, inputs: build(oldTag, oldBase) },
      newState: { type: image, inputs: build(newTag, newBase) },
      detailedDiff: {
        [`context.named["${golang}"].location`]: update,
        "buildArgs.ORG_OPENCONTAINERS_IMAGE_VERSION": update,
        "tags[0]": update,
      },
    },
    {
      op: "update",
      urn: urn(`ping:index:GoService$${deployment}`, "ping-deployment"),
      oldState: { type: deployment, inputs: pods(running) },
      newState: { type: deployment, inputs: pods(unknown) },
      detailedDiff: { "spec.template.spec.containers[0].image": update },
    },
    {
      op: "update",
      urn: urn(autoscaler, "ping-autoscaler"),
      oldState: { type: autoscaler, inputs: range(2) },
      newState: { type: autoscaler, inputs: range(3) },
      detailedDiff: { "spec.minReplicas": update },
    },
  ],
  changeSummary: { update: 3, same: 19 },
};

const of = { commit: "5d1e7f0c2b9a4368", log: "https://github.com/example/ping/actions/runs/1" };

/** The comment about a stack's preview, as delivery renders it. */
export const comment = renderComment(JSON.stringify(preview), { stack: "staging", ...of });

/** The comment about the request's environment. */
const environment = renderEnvironment(environmentOf("7", "name: ping", "config: {}"), {
  state: "success",
  url: "https://pr-7.preview.example.com",
  ...of,
});

/** Sizes in pixels. A character of code is this wide in the widest of usual fonts of 12 px. */
const [width, margin, codeWidth] = [940, 16, 7.6];

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Lines of SVG, and the height that they take. */
interface Block {
  readonly height: number;
  /** @param top The block's upper edge. */
  draw(top: number): string[];
}

/** A run of text in one style: a class of the picture's style sheet. */
interface Run {
  readonly style: string;
  readonly text: string;
}

/** The runs of a heading or paragraph. */
function runs(parent: Node): Run[] {
  const found: Run[] = [];
  const styles: Readonly<Record<string, string>> = { strong: "bold", link: "link" };
  for (let node = parent.firstChild; node !== null; node = node.next) {
    if (node.type === "text" || node.type === "code") {
      found.push({ style: node.type, text: node.literal ?? "" });
    } else {
      const style = styles[node.type];
      if (style === undefined) {
        throw new Error(`the picture has no style for ${node.type}`);
      }
      const inner = runs(node);
      // A link stays one within strong text.
      const [{ style: inside } = { style: "text" }] = inner;
      found.push({ style: inside === "text" ? style : inside, text: inner.map(({ text }) => text).join("") });
    }
  }
  return found;
}

/** Breaks runs into lines. A digest is longer than what is left of a line, so code breaks anywhere. */
function wrap(all: readonly Run[]): Run[][] {
  const room = Math.floor((width - 4 * margin) / codeWidth);
  const lines: Run[][] = [[]];
  let used = 0;
  for (const { style, text } of all) {
    for (let rest = text; rest !== "";) {
      const taken = rest.slice(0, room - used);
      lines.at(-1)?.push({ style, text: taken });
      used += taken.length;
      rest = rest.slice(taken.length);
      if (rest !== "") {
        lines.push([]);
        used = 0;
      }
    }
  }
  return lines;
}

function paragraph(node: Node): Block {
  const lines = wrap(runs(node));
  const [size, leading] = node.type === "heading" ? ["title", 26] : ["body", 20];
  return {
    height: lines.length * leading + 10,
    draw: (top) =>
      lines.map((line, index) => {
        const spans = line.map(({ style, text }) => `<tspan class="${style}">${escape(text)}</tspan>`);
        return `<text class="${size}" x="${2 * margin}" y="${top + index * leading + 16}" xml:space="preserve">${spans.join("")}</text>`;
      }),
  };
}

/** A block of a diff, with GitHub's colours of its lines. */
function diffBlock(node: Node): Block {
  const styles: Readonly<Record<string, string>> = { "-": "old", "+": "new", "@": "resource" };
  const lines = (node.literal ?? "").trimEnd().split("\n");
  const row = 19;
  const height = lines.length * row + 20;
  return {
    height: height + 14,
    draw: (top) => [
      `<rect class="block" x="${2 * margin}" y="${top}" width="${width - 4 * margin}" height="${height}" rx="6"/>`,
      `<g clip-path="url(#block)">`,
      ...lines.flatMap((line, index) => {
        const y = top + 10 + index * row;
        const style = styles[line.charAt(0)] ?? "code";
        return [
          ...(style === "old" || style === "new"
            ? [`<rect class="${style}-line" x="${3 * margin}" y="${y}" width="${width}" height="${row}"/>`]
            : []),
          `<text class="${style} line" x="${3 * margin}" y="${y + 14}" xml:space="preserve">${escape(line)}</text>`,
        ];
      }),
      "</g>",
    ],
  };
}

function blocks(markdown: string): Block[] {
  const found: Block[] = [];
  for (let node = new Parser().parse(markdown).firstChild; node !== null; node = node.next) {
    // The marker, which GitHub doesn't show either, is a block of HTML.
    if (node.type !== "html_block") {
      found.push(node.type === "code_block" ? diffBlock(node) : paragraph(node));
    }
  }
  return found;
}

/** A comment's box with its head and its blocks. @param top The box's upper edge. */
function box(markdown: string, top: number): { readonly height: number; readonly lines: readonly string[] } {
  const head = top + 40;
  const drawn: string[] = [];
  let y = head + 16;
  for (const block of blocks(markdown)) {
    drawn.push(...block.draw(y));
    y += block.height;
  }
  const height = y + 6 - top;
  const lines = [
    `<rect class="page" x="0.5" y="${top + 0.5}" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    `<path class="head" d="M1 ${head}V${top + 7}a6 6 0 0 1 6-6H${width - 7}a6 6 0 0 1 6 6V${head}Z"/>`,
    `<path class="rule" d="M1 ${head}.5H${width - 1}"/>`,
    `<text class="body" x="${margin}" y="${top + 26}"><tspan class="bold">github-actions</tspan><tspan class="muted"> bot commented</tspan></text>`,
    ...drawn,
  ];
  return { height, lines };
}

/** The comments as an SVG document that is readable on a light and on a dark page. */
export function picture(): string {
  const first = box(environment, 0);
  const top = first.height + margin;
  const second = box(comment, top);
  const height = top + second.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>The comments of a pull request: the URL of its environment, and what pulumi up would change in the stack staging</title>
<style>
text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.body { font-size: 14px } .title { font-size: 18px; font-weight: 600 } .bold { font-weight: 600 } .muted { fill: #59636e }
.link { fill: #0969da; text-decoration: underline }
.code, .line { font-family: ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: 12px }
.title .code { font-size: 16px }
.page { fill: #ffffff; stroke: #d1d9e0 } .head, .block { fill: #f6f8fa } .rule { stroke: #d1d9e0 }
.old { fill: #82071e } .old-line { fill: #ffebe9 } .new { fill: #116329 } .new-line { fill: #dafbe1 }
.resource { fill: #8250df; font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .muted { fill: #9198a1 } .link { fill: #4493f8 }
.page { fill: #0d1117; stroke: #3d444d } .head, .block { fill: #151b23 } .rule { stroke: #3d444d }
.old { fill: #ffdcd7 } .old-line { fill: #67060c } .new { fill: #aff5b4 } .new-line { fill: #033a16 }
.resource { fill: #d2a8ff }
}
</style>
<clipPath id="block"><rect x="${2 * margin}" y="0" width="${width - 4 * margin}" height="${height}"/></clipPath>
${[...first.lines, ...second.lines].join("\n")}
</svg>
`;
}

if (require.main === module) {
  writeFileSync("docs/pull-request-comment.svg", picture());
}
