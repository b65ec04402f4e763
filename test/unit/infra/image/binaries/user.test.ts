import assert from "node:assert/strict";
import { test } from "node:test";
import { commonUser, userOf } from "../../../../../infra/image/binaries/user";

test("a numeric user of an image is kept, and so is a numeric group; root, none and a name become 65532", () => {
  const table: Readonly<Record<string, readonly [uid: number, gid: number]>> = {
    "10001": [10001, 10001],
    "10001:10001": [10001, 10001],
    "10001:20002": [10001, 20002],
    "65532:65532": [65532, 65532],
    "1": [1, 1],
    "010001": [10001, 10001],
    "10001:app": [10001, 10001],
    // OpenShift's images have root's group. The files that a group of arbitrary users needs belong to this user too.
    "10001:0": [10001, 10001],
    "10001:": [10001, 10001],
    "2147483647": [2147483647, 2147483647],
    "2147483648": [65532, 65532],
    "10001:2147483648": [10001, 10001],
    "": [65532, 65532],
    ":10001": [65532, 65532],
    "0": [65532, 65532],
    "00": [65532, 65532],
    "0:10001": [65532, 65532],
    root: [65532, 65532],
    app: [65532, 65532],
    "app:10001": [65532, 65532],
    "-1": [65532, 65532],
    "+10001": [65532, 65532],
    "0x2711": [65532, 65532],
    "1e4": [65532, 65532],
    " 10001": [65532, 65532],
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(table).map((user) => [user, userOf(user)])),
    Object.fromEntries(Object.entries(table).map(([user, [uid, gid]]) => [user, { uid, gid }])),
  );
});

test("the platforms of an image have one user, however they write it", () => {
  const common = (amd64: string, arm64: string) =>
    commonUser("ping@sha256:1", { "linux/amd64": amd64, "linux/arm64": arm64 });
  assert.deepEqual(common("10001", "10001:10001"), { uid: 10001, gid: 10001 });
  assert.deepEqual(common("app", ""), { uid: 65532, gid: 65532 });
  assert.deepEqual(commonUser("ping@sha256:1", {}), { uid: 65532, gid: 65532 });
});

test("platforms whose users differ are an error that names both", () => {
  const common = (arm64: string) => () => commonUser("ping@sha256:1", { "linux/amd64": "10001", "linux/arm64": arm64 });
  assert.throws(common(""), {
    message:
      "in the image ping@sha256:1, the platforms have different users: linux/amd64 has USER 10001, linux/arm64 has no USER. " +
      "The pods on all nodes run as the same user. Write one numeric USER, such as USER 65532, for every platform into " +
      "the last stage of the Dockerfile.",
  });
  assert.throws(common("10002"), /linux\/amd64 has USER 10001, linux\/arm64 has USER 10002\./);
  assert.throws(common("10001:20002"), /linux\/amd64 has USER 10001, linux\/arm64 has USER 10001:20002\./);
});
