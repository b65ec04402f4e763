import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const rows = [...readFileSync("CONTRIBUTING.md", "utf8").matchAll(/^\| `([\w./-]+)\/` +\| (.*?) *\|$/gm)].map(
  ([, folder = "", what = ""]) => ({ folder, what }),
);
const isRoom = ({ folder }: { folder: string }) => /^(delivery|infra)\//.test(folder);
const foldersOf = (path: string) =>
  readdirSync(path, { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map(({ name }) => (path === "." ? name : `${path}/${name}`));

test("CONTRIBUTING names each folder once, and no other", () => {
  const isHidden = (folder: string) => folder.startsWith(".");
  const top = foldersOf(".").filter((folder) => !isHidden(folder) && !["node_modules", "test"].includes(folder));
  assert.deepEqual(
    rows.flatMap((row) => (isRoom(row) || isHidden(row.folder) ? [] : [row.folder])).sort(),
    [...top, ...foldersOf("test")].sort(),
  );
});

test("CONTRIBUTING names the rooms of infra/ and delivery/, and what comes through the door of each", () => {
  const rooms = rows.filter(isRoom);
  assert.deepEqual(
    rooms.map(({ folder }) => folder).sort(),
    [...foldersOf("delivery").filter((folder) => folder !== "delivery/cli"), ...foldersOf("infra")].sort(),
  );
  for (const { folder, what } of rooms) {
    const door = readFileSync(`${folder}/index.ts`, "utf8");
    const missing = [...what.matchAll(/`(\w+)`/g)].filter(([, name]) => !new RegExp(`\\b${name ?? ""}\\b`).test(door));
    assert.deepEqual(missing, [], folder);
  }
});
