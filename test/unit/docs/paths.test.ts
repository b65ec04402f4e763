import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const folders = readdirSync(".", { withFileTypes: true }).filter(
  (each) => each.isDirectory() && each.name !== "node_modules",
);

/** A path from the project's folder, where it isn't a part of a URL, a longer path or an image's name. */
const fromRoot = new RegExp(
  `(?<![\\w./@~:-])(?:\\./)?(?:${folders.map(({ name }) => name.replace(".", "\\.")).join("|")})/[\\w./*-]*[\\w*]`,
  "g",
);
const link = /\]\((?!https?:|#)([^)#]+)/g;

/** CHANGELOG.md also names what is gone. */
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "test/stand-ins/README.md",
  "package.json",
  ...readdirSync("docs", { encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

test("documents name only files that exist", () => {
  for (const document of documents) {
    const text = readFileSync(document, "utf8");
    const named = [
      ...[...text.matchAll(fromRoot)].map(([path]) => path),
      ...[...text.matchAll(link)].map(([, path = ""]) => join(dirname(document), path)),
    ];
    assert.deepEqual(
      named.filter((path) => !path.includes("*") && !existsSync(path)),
      [],
      document,
    );
  }
});

/** The anchors that GitHub gives to a document's headings. */
function anchors(document: string): string[] {
  const text = readFileSync(document, "utf8").replaceAll(/^```[^]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("documents link only to headings that exist", () => {
  for (const document of documents.filter((each) => each.endsWith(".md"))) {
    const links = [...readFileSync(document, "utf8").matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    assert.deepEqual(
      links
        .map(([, path = "", anchor = ""]) => [path === "" ? document : join(dirname(document), path), anchor] as const)
        .filter(([target, anchor]) => !anchors(target).includes(anchor)),
      [],
      document,
    );
  }
});
