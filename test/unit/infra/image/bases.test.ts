import assert from "node:assert/strict";
import { test } from "node:test";
import { familiarName } from "../../../../infra/base";
import { basesOf } from "../../../../infra/image/bases";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** The names of a Dockerfile's images, and of the one under the built image. */
function names(lines: readonly string[], args: Readonly<Record<string, string>> = {}, target?: string) {
  const platforms = ["linux/amd64", "linux/arm64"];
  const { images, base } = basesOf(lines.join("\n"), "app/Dockerfile", platforms, { args, target });
  return [images.map(familiarName), base && familiarName(base)];
}

/** What a Dockerfile shows: its lines, its images, the one under the built image. */
const table: Readonly<Record<string, readonly [readonly string[], readonly string[], string | undefined]>> = {
  "one stage": [["FROM debian:12"], ["debian:12"], "debian:12"],
  "no image": [["FROM scratch", "COPY a /a"], [], undefined],
  "under scratch, the first stage's image": [
    ["FROM golang:1.26 AS build", "FROM debian AS other", "FROM scratch", "COPY --from=build /a /a"],
    ["golang:1.26", "debian"],
    "golang:1.26",
  ],
  "a final stage with an image of its own": [
    ["FROM golang:1.26 AS build", "FROM gcr.io/distroless/static"],
    ["golang:1.26", "gcr.io/distroless/static"],
    "gcr.io/distroless/static",
  ],
  "stages, in any case, are no images, and hand on theirs": [
    ["FROM golang:1.26 AS Base", "from BASE as build", "FROM base"],
    ["golang:1.26"],
    "golang:1.26",
  ],
  "the same image in other words is one": [
    ["FROM golang", "FROM docker.io/library/golang:latest", "FROM library/golang"],
    ["golang"],
    "golang",
  ],
  "a pinned image": [[`FROM golang:1.26@${digest}`], [`golang:1.26@${digest}`], `golang:1.26@${digest}`],
  "a platform, a comment, a continued line and quotes": [
    ["# syntax=docker/dockerfile:1", "FROM --platform=$BUILDPLATFORM \\", "  # why", '  "debian:12" AS x'],
    ["debian:12"],
    "debian:12",
  ],
  "a heredoc that has a FROM": [["FROM debian", "RUN <<END", "FROM alpine", "END"], ["debian"], "debian"],
  "COPY --from and RUN --mount=from": [
    [
      "FROM debian AS build",
      "COPY --from=busybox:1 /a /b",
      "RUN --mount=type=bind,from=alpine:3,target=/c --mount=type=cache,target=/d ls",
      "FROM scratch",
      "COPY --chown=1:1 --from=BUILD /a /b",
      "COPY --from=0 /a /b",
    ],
    ["debian", "busybox:1", "alpine:3"],
    "debian",
  ],
  "variables with defaults, also of each other": [
    ["ARG VERSION=1.26", 'ARG TAG="${VERSION}-alpine" HUB=docker.io', "FROM $HUB/golang:${TAG}"],
    ["golang:1.26-alpine"],
    "golang:1.26-alpine",
  ],
  "variables with modifiers": [
    [
      "ARG SET=1",
      "ARG EMPTY=",
      "ARG NONE",
      "FROM a:${SET:-2}",
      "FROM b:${EMPTY:-2}",
      "FROM c:${NONE-2}",
      "FROM d:${OTHER:-2}",
      "FROM e:1${EMPTY-2}",
      "FROM f:1${SET:+2}${EMPTY:+3}${EMPTY+4}",
    ],
    ["a:1", "b:2", "c:2", "d:2", "e:1", "f:124"],
    "f:124",
  ],
  "a stage for each platform": [
    ["FROM a AS for-amd64", "FROM b AS for-arm64", "FROM for-$TARGETARCH"],
    ["a", "b"],
    "a",
  ],
  "an image for each platform": [["FROM ${TARGETOS}-$TARGETARCH"], ["linux-amd64", "linux-arm64"], "linux-amd64"],
  "an ARG that nothing needs": [["ARG X=$HTTP_PROXY", "FROM debian"], ["debian"], "debian"],
  "lines that BuildKit refuses": [["FROM", "COPPY a b", "FROM debian"], ["debian"], "debian"],
};

for (const [what, [lines, images, base]] of Object.entries(table)) {
  test(`the images of a Dockerfile: ${what}`, () => {
    assert.deepEqual(names(lines), [images, base]);
  });
}

test("a build argument goes before the default of a variable, and is the value of one without", () => {
  const lines = ["ARG VERSION=1.26", "ARG TAG=$VERSION-alpine", "ARG HUB", "FROM $HUB/golang:$TAG"];
  assert.deepEqual(names(lines, { VERSION: "1.27", HUB: "ghcr.io/me" })[0], ["ghcr.io/me/golang:1.27-alpine"]);
  assert.deepEqual(names(lines, { TAG: "tip", HUB: "ghcr.io/me" })[0], ["ghcr.io/me/golang:tip"]);
  // BuildKit gives a FROM line no argument that isn't declared before the first one.
  assert.throws(() => names(["FROM golang:$TAG", "ARG TAG"], { TAG: "tip" }), /has a variable without a value/);
});

test("stages behind the target don't count, and the base is the target's", () => {
  const lines = [
    "FROM golang:1.26 AS build",
    "FROM gcr.io/distroless/static AS Service",
    "COPY --from=busybox:1 /a /a",
    "FROM debian:$NONE AS debug",
  ];
  const distroless = "gcr.io/distroless/static";
  assert.deepEqual(names(lines, {}, "build"), [["golang:1.26"], "golang:1.26"]);
  assert.deepEqual(names(lines, {}, "service"), [["golang:1.26", distroless, "busybox:1"], distroless]);
  assert.throws(() => names(lines, {}, "debug"), /line 4, has a variable without a value/);
  const scratch = ["FROM golang AS build", "FROM scratch AS service", "FROM debian"];
  assert.deepEqual(names(scratch, {}, "service"), [["golang"], "golang"]);
});

test("a target that is no stage is an error that names the stages", () => {
  assert.throws(() => names(["FROM golang AS build", "FROM scratch AS Service"], {}, "servce"), {
    message:
      "the config key build.target is servce, and app/Dockerfile has build, service. Correct the name, or take it out of build.",
  });
  assert.throws(() => names(["FROM golang"], {}, "golang"), /app\/Dockerfile has no stage with a name\./);
});

test("a variable without a value is an error with its line and what to do", () => {
  for (const image of ["golang:$V", "golang:${V}", "golang:${V:+}$V", "$BUILDOS"]) {
    for (const argument of ["ARG W=1", "ARG V", "ARG V=$NONE"]) {
      assert.throws(() => names([argument, `FROM ${image}`]), {
        message:
          `app/Dockerfile, line 2, has a variable without a value: FROM ${image}. ` +
          "Give it a default, such as ARG NAME=VALUE, before the first FROM.",
      });
    }
  }
  assert.throws(() => names(["FROM debian", "ARG V=1", "FROM golang:$V"]), /line 3, has a variable without a value/);
});

test("what is no image is an error with its line", () => {
  assert.throws(() => names(["FROM debian", "FROM Golang"]), {
    message: "app/Dockerfile, line 2, names no image: Golang.",
  });
});

test("a stage with an image's name is an error: BuildKit would take one for the other", () => {
  assert.throws(() => names(["FROM golang AS golang", "RUN true"]), {
    message:
      "app/Dockerfile has a stage golang and an image of that name. Call the stage something else, or give the image a tag.",
  });
  assert.deepEqual(names(["FROM golang:1.26 AS golang", "FROM golang"]), [["golang:1.26"], "golang:1.26"]);
});
