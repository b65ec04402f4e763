/** A Dockerfile and the images that it is built from. */
interface DockerfileCase {
  readonly lines: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Names of `build.contexts`. */
  readonly contexts?: readonly string[];
  /** What linux/amd64 and linux/arm64 need together, on a builder that is linux/amd64. */
  readonly images?: readonly string[];
  /** The program's error. */
  readonly error?: string;
  /** Whether BuildKit refuses the Dockerfile. */
  readonly refused?: true;
}

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const sha512 = `sha512:${"0123456789abcdef".repeat(8)}`;

const missing = (line: number, from: string, name: string) =>
  `app/Dockerfile, line ${line}, has a variable without a value: FROM ${from}. Set it with ` +
  `pulumi config set --path build.args.${name} VALUE, or give it a default before the first FROM: ARG ${name}=VALUE.`;

const undeclared = (line: number, from: string, name: string) =>
  `app/Dockerfile, line ${line}, has a variable without a value: FROM ${from}. Declare it before the first FROM, ` +
  `ARG ${name}, and set it with pulumi config set --path build.args.${name} VALUE.`;

const demanded = (line: number, name: string, message: string) =>
  `app/Dockerfile, line ${line}, needs the variable ${name}: ${message}. Set it with ` +
  `pulumi config set --path build.args.${name} VALUE, or give it a default before the first FROM: ARG ${name}=VALUE.`;

/** Dockerfiles of every kind that is read in a way of its own. The suite `bases` asks BuildKit about each, too. */
export const dockerfiles: Readonly<Record<string, DockerfileCase>> = {
  // What the target reaches
  "one stage": { lines: ["FROM debian:12"], images: ["debian:12"] },
  "no image": { lines: ["FROM scratch", "COPY a /a"], images: [] },
  "a stage that nothing needs": {
    lines: ["FROM private.example.com/x AS dev", "FROM alpine:3"],
    images: ["alpine:3"],
  },
  "stages behind the target": {
    lines: [
      "FROM golang:1 AS build",
      "FROM alpine:3 AS service",
      "COPY --from=busybox:1 /a /a",
      "FROM debian AS debug",
    ],
    target: "Service",
    images: ["alpine:3", "busybox:1"],
  },
  "a chain of stages": {
    lines: ["FROM golang:1 AS a", "FROM a AS b", "FROM debian AS c", "FROM scratch", "COPY --from=b /x /x"],
    images: ["golang:1"],
  },
  "a stage by its number": {
    lines: ["FROM golang:1", "FROM debian:12", "FROM scratch", "COPY --from=1 /x /x"],
    images: ["debian:12"],
  },
  "the number of a stage that isn't there": {
    lines: ["FROM golang:1", "COPY --from=7 /x /x"],
    images: ["golang:1"],
    refused: true,
  },
  "a number that counts an image behind the stages": {
    lines: ["FROM golang:1", "COPY --from=busybox:1 /x /x", "COPY --from=1 /x /x"],
    images: ["golang:1", "busybox:1"],
  },
  "a mount's number is an image's name": {
    lines: ["FROM golang:1", "FROM alpine:3", "RUN --mount=from=0,target=/x ls"],
    images: ["alpine:3", "0"],
  },
  "images beside the base": {
    lines: [
      "FROM debian AS build",
      "COPY --from=busybox:1 /a /b",
      "RUN --mount=type=bind,from=alpine:3,target=/c --mount=type=cache,target=/d ls",
      "FROM scratch",
      "COPY --chown=1:1 --from=BUILD /a /b",
    ],
    images: ["debian", "busybox:1", "alpine:3"],
  },
  "a mount in a stage that nothing needs": {
    lines: ["FROM debian AS lint", "RUN --mount=from=golangci/golangci-lint:v2,target=/l /l/run", "FROM alpine:3"],
    images: ["alpine:3"],
  },
  "a mount of a stage": {
    lines: ["FROM golang:1 AS deps", "FROM alpine:3", "RUN --mount=type=bind,from=deps,target=/d ls"],
    images: ["golang:1", "alpine:3"],
  },
  "a stage called scratch": {
    lines: ["FROM golang:1 AS scratch", "FROM alpine:3", "RUN --mount=type=cache,target=/d ls"],
    images: ["golang:1", "alpine:3"],
  },
  "a later stage": {
    lines: ["FROM alpine:3 AS a", "COPY --from=b /x /x", "FROM debian AS b", "FROM a"],
    images: ["alpine:3", "debian"],
    refused: true,
  },
  "a reused name": {
    lines: ["FROM golang:1 AS x", "FROM x AS y", "FROM debian AS x", "FROM scratch", "COPY --from=x /a /a"],
    images: ["debian"],
  },
  "a reused name as the target": {
    lines: ["FROM golang:1 AS x", "FROM debian AS x", "FROM alpine"],
    target: "x",
    images: ["debian"],
  },
  "a reused name between its stages": {
    lines: [
      "FROM golang:1 AS x",
      "FROM x",
      "COPY --from=x /a /a",
      "FROM debian AS x",
      "FROM scratch",
      "COPY --from=1 / /",
    ],
    images: ["golang:1", "debian"],
    refused: true,
  },
  "ONBUILD with an image": {
    lines: ["FROM golang:1 AS base", "ONBUILD COPY --from=busybox:1 /a /b", "FROM base"],
    images: ["golang:1", "busybox:1"],
  },
  "ONBUILD with a mount of a stage": {
    lines: [
      "FROM alpine:3 AS tools",
      "FROM golang:1 AS base",
      "onbuild run --mount=from=tools,target=/t ls",
      "FROM base",
    ],
    images: ["alpine:3", "golang:1"],
  },
  "ONBUILD that no stage sets off": {
    lines: ["FROM golang:1", "ONBUILD COPY --from=busybox:1 /a /b"],
    images: ["golang:1"],
  },
  // Names
  "a stage with its image's name": { lines: ["FROM golang AS golang", "RUN go build"], images: ["golang"] },
  "a stage with another stage's image's name": {
    lines: ["FROM alpine AS build", "RUN ls", "FROM golang AS alpine", "RUN ls", "COPY --from=build /a /a"],
    images: ["alpine", "golang"],
  },
  "a stage with its image's name, in several lines": {
    lines: ["FROM \\", "# why", "  --platform=$BUILDPLATFORM golang \\", "  AS golang", "RUN go build"],
    images: ["golang"],
  },
  "a stage that is called as an image with a tag": {
    lines: ["FROM golang:1.26 AS golang", "FROM golang"],
    images: ["golang:1.26"],
  },
  "stage names in any case": {
    lines: ["FROM golang:1 AS Base", "from base as Build", "FROM build"],
    images: ["golang:1"],
  },
  "a base in capitals": { lines: ["FROM golang:1 AS Base", "FROM BASE"], images: ["golang:1"], refused: true },
  "the same image in other words": {
    lines: [
      "FROM golang",
      "FROM docker.io/library/golang:latest",
      "FROM library/golang",
      "COPY --from=0 / /",
      "COPY --from=1 / /",
    ],
    images: ["golang"],
  },
  "Docker Hub by its old host": { lines: ["FROM index.docker.io/library/golang:1"], images: ["golang:1"] },
  "Docker Hub by its old host, shorter": { lines: ["FROM index.docker.io/golang:1"], images: ["golang:1"] },
  "a host in capitals": {
    lines: ["FROM Registry.Example.com/team/base:1"],
    images: ["Registry.Example.com/team/base:1"],
  },
  "a host in capitals without a dot": { lines: ["FROM REGISTRY/team/base:1"], images: ["REGISTRY/team/base:1"] },
  "a host with a port": { lines: ["FROM registry:5000/base"], images: ["registry:5000/base"] },
  "a host by its address": { lines: ["FROM [2001:db8::1]:5000/base:1"], images: ["[2001:db8::1]:5000/base:1"] },
  "a path with every separator": { lines: ["FROM a-b__c.d/e--f_g:V1.0_-x"], images: ["a-b__c.d/e--f_g:V1.0_-x"] },
  "a pinned image": { lines: [`FROM golang:1.26@${digest}`], images: [`golang:1.26@${digest}`] },
  "an image pinned by SHA-512": { lines: [`FROM golang:1.26@${sha512}`], images: [`golang:1.26@${sha512}`] },
  "half a digest": {
    lines: [`FROM golang:1.26@${digest.slice(0, -1)}`],
    error: `app/Dockerfile, line 1, names no image: golang:1.26@${digest.slice(0, -1)}.`,
    refused: true,
  },
  "a name in capitals": {
    lines: ["FROM debian", "FROM Golang"],
    error: "app/Dockerfile, line 2, names no image: Golang.",
    refused: true,
  },
  "a name in capitals that nothing needs": {
    lines: ["FROM debian", "COPY --from=Golang /a /a", "FROM alpine"],
    error: "app/Dockerfile, line 2, names no image: Golang.",
    refused: true,
  },
  "the id of an image": {
    lines: [`FROM ${"0123456789abcdef".repeat(4)}`],
    error: `app/Dockerfile, line 1, names no image: ${"0123456789abcdef".repeat(4)}.`,
    refused: true,
  },
  // Variables
  "variables with defaults, also of each other": {
    lines: ["ARG VERSION=1.26", 'ARG TAG="${VERSION}-alpine" HUB=docker.io', "FROM $HUB/golang:${TAG}"],
    images: ["golang:1.26-alpine"],
  },
  "build arguments": {
    lines: ["ARG VERSION=1.26", "ARG TAG=$VERSION-alpine", "ARG HUB", "FROM $HUB/golang:$TAG"],
    args: { VERSION: "1.27", HUB: "ghcr.io/me" },
    images: ["ghcr.io/me/golang:1.27-alpine"],
  },
  "an ARG without a value": { lines: ["ARG REGISTRY", "FROM ${REGISTRY}golang:1"], images: ["golang:1"] },
  "an ARG that nothing needs": { lines: ["ARG X=$HTTP_PROXY", "FROM debian"], images: ["debian"] },
  "an ARG behind the first FROM": {
    lines: ["FROM debian", "ARG V=1", "FROM golang:$V"],
    error: undeclared(3, "golang:$V", "V"),
    refused: true,
  },
  "a default or what stands in for it": {
    lines: [
      ...[
        "ARG SET=1",
        "ARG EMPTY=",
        "ARG NONE",
        "FROM a:${SET:-2} AS a1",
        "FROM b:${EMPTY:-2} AS b1",
        "FROM c:${NONE-2} AS c1",
      ],
      ...["FROM d:${OTHER:-2} AS d1", "FROM e:1${EMPTY-2} AS e1", "FROM f:1${SET:+2}${EMPTY:+3}${EMPTY+4}"],
      ...["a", "b", "c", "d", "e"].map((name) => `COPY --from=${name}1 / /`),
    ],
    images: ["a:1", "b:2", "c:2", "d:2", "e:1", "f:124"],
  },
  "a variable in the word": {
    lines: ["ARG B=debian", "ARG CR=ghcr.io", "FROM ${CR:+$CR/}${A:-$B}"],
    images: ["ghcr.io/debian"],
  },
  "words in words": { lines: ["ARG B=", "FROM ${A:-${B:-${C:-golang:1}}}"], images: ["golang:1"] },
  "a word that is there only with a value": {
    lines: ["ARG V=", "ARG B=${V:+alpine:3}", "FROM ${B:-debian}"],
    images: ["debian"],
  },
  "a word for a set variable": { lines: ["ARG V=1", "ARG B=${V:+alpine:3}", "FROM $B"], images: ["alpine:3"] },
  "without a start": { lines: ["ARG V=v1.26.1", "FROM golang:${V#v}"], images: ["golang:1.26.1"] },
  "without the shortest and the longest start": {
    lines: ["ARG V=a/b/c", "FROM ${V#*/}:${V##*/}"],
    images: ["b/c:c"],
  },
  "without the shortest and the longest end": {
    lines: ["ARG V=1.26.1", "FROM a:${V%.*} AS a1", "FROM b:${V%%.*}", "COPY --from=a1 / /"],
    images: ["a:1.26", "b:1"],
  },
  "without an end of any character": { lines: ["ARG V=1.26-rc1", "FROM golang:${V%-rc?}"], images: ["golang:1.26"] },
  "a replacement": { lines: ["ARG V=1.26.1", "FROM golang:${V/./-}"], images: ["golang:1-26.1"] },
  replacements: { lines: ["ARG V=1.26.1", "FROM golang:${V//./-}"], images: ["golang:1-26-1"] },
  "a replacement of a pattern": { lines: ["ARG V=go1.26-x", "FROM golang:${V/go?./2.}"], images: ["golang:2.26-x"] },
  "a replacement with an escaped slash": {
    lines: ["ARG V=a_b", "FROM ${V/_/\\/}:1"],
    error: "app/Dockerfile, line 2, names no image: a\\/b:1.",
    refused: true,
  },
  "a pattern with an escaped slash": { lines: ["ARG V=a/b", "FROM ${V/\\//-}:1"], images: ["a-b:1"] },
  "a demand that is met": { lines: ["ARG V=1", "FROM golang:${V:?unset}"], images: ["golang:1"] },
  "a demand that isn't met": {
    lines: ["ARG V", "FROM golang:${V:?unset}"],
    error: demanded(2, "V", "unset"),
    refused: true,
  },
  "a demand of an ARG": {
    lines: ["ARG V=", "ARG IMAGE=golang:${V:?}", "FROM $IMAGE"],
    error: demanded(2, "V", "is not allowed to be empty"),
    refused: true,
  },
  "an unknown substitution": {
    lines: ["ARG V=1", "FROM golang:${V^^}", "FROM debian"],
    images: ["debian"],
    refused: true,
  },
  "a brace that is missing": {
    lines: ["ARG V=1", "FROM golang:${V", "FROM debian"],
    images: ["debian"],
    refused: true,
  },
  quotes: { lines: ['FROM "debian:12" AS x'], images: ["debian:12"] },
  "quotes inside of a value": { lines: ["ARG B=debian:12", 'ARG A="$B"-slim', "FROM $A"], images: ["debian:12-slim"] },
  "single quotes": { lines: ["ARG B='debian:12'", "ARG C='$B'", "FROM ${B}"], images: ["debian:12"] },
  "an escaped dollar": { lines: ["ARG A=\\$B", "FROM debian:${A#?B}12"], images: ["debian:12"] },
  "several arguments in an ARG": { lines: ['ARG A=1 B="2 3" C', "FROM a:$A-${B%?3}$C"], images: ["a:1-2"] },
  "an argument with an equals sign": { lines: ["ARG A=b=c:1", "FROM ${A#*=}"], images: ["c:1"] },
  "a letter of another alphabet": { lines: ["ARG ÄRA=1", "FROM a:$ÄRA"], images: ["a:1"] },
  "an argument of the next one's default": {
    lines: ["ARG A=1", "ARG A=$A.2", "FROM a:$A"],
    images: ["a:1.2"],
  },
  "a missing argument": { lines: ["ARG V", "FROM golang:$V"], error: missing(2, "golang:$V", "V"), refused: true },
  "a missing argument of an argument": {
    lines: ["ARG REGISTRY", "ARG IMAGE=$REGISTRY/golang", "FROM $IMAGE"],
    error: missing(3, "$IMAGE", "REGISTRY"),
    refused: true,
  },
  "a missing argument and nothing else": {
    lines: ["ARG BASE", "FROM ${BASE}"],
    error: missing(2, "${BASE}", "BASE"),
    refused: true,
  },
  "a missing argument of a stage that nothing needs": {
    lines: ["ARG DEV", "FROM $DEV AS dev", "FROM alpine"],
    error: missing(2, "$DEV", "DEV"),
    refused: true,
  },
  "an argument that isn't declared": {
    lines: ["FROM golang:${GO_VERSION}"],
    args: { GO_VERSION: "1.26" },
    error: undeclared(1, "golang:${GO_VERSION}", "GO_VERSION"),
    refused: true,
  },
  // Platforms
  "a stage for each platform": {
    lines: ["FROM a AS for-amd64", "FROM b AS for-arm64", "FROM for-$TARGETARCH"],
    images: ["a", "b"],
  },
  "a stage for each platform and variant": {
    lines: [
      "FROM a AS build-amd64",
      "FROM b AS build-arm64",
      "FROM c AS build-armv7",
      "FROM build-${TARGETARCH}${TARGETVARIANT}",
    ],
    images: ["a", "b"],
  },
  "an image for each platform": {
    lines: ["FROM ${TARGETOS}-$TARGETARCH:1"],
    images: ["linux-amd64:1", "linux-arm64:1"],
  },
  "the target's platform": { lines: ["FROM a:${TARGETPLATFORM#*/}"], images: ["a:amd64", "a:arm64"] },
  "the builder's platform": {
    lines: [
      "FROM --platform=$BUILDPLATFORM golang:1-${BUILDOS}-${BUILDARCH}${BUILDVARIANT} AS b",
      "FROM ${BUILDPLATFORM}",
      "COPY --from=b / /",
    ],
    images: ["golang:1-linux-amd64", "linux/amd64"],
  },
  "the target stage": { lines: ["FROM a:${TARGETSTAGE} AS last"], images: ["a:last"] },
  "the target stage by its key": {
    lines: ["FROM a:$TARGETSTAGE AS one", "FROM b AS two"],
    target: "one",
    images: ["a:one"],
  },
  "the target stage without a name": { lines: ["FROM a:$TARGETSTAGE"], images: ["a:default"] },
  "a platform's variable with a default": { lines: ["ARG TARGETARCH=x", "FROM a:$TARGETARCH"], images: ["a:x"] },
  "a platform's variable that the config sets": {
    lines: ["FROM a:$TARGETVARIANT"],
    args: { TARGETVARIANT: "v8" },
    images: ["a:v8"],
  },
  // Lines
  "directives, comments and continued lines": {
    lines: [
      "# syntax=docker.io/docker/dockerfile:1",
      "",
      "FROM --platform=$BUILDPLATFORM \\",
      "  # why",
      "",
      '  "debian:12" AS x',
    ],
    images: ["docker/dockerfile:1", "debian:12"],
  },
  "another escape": { lines: ["# escape=`", "FROM `", "  debian", "RUN dir c:\\", "FROM alpine"], images: ["alpine"] },
  "another escape behind another directive": {
    lines: ["#Syntax = a/b:1 -x", "# ESCAPE = `", "FROM `", "  debian"],
    images: ["a/b:1", "debian"],
  },
  "no directive behind a comment": {
    lines: ["# hello=1", "# escape=`", "FROM \\", "  debian"],
    images: ["debian"],
  },
  "an escape of an escape": { lines: ["FROM debian", "RUN printf foo\\\\", "FROM alpine"], images: ["alpine"] },
  "an escape with spaces behind it": { lines: ["FROM \\  ", "debian"], images: ["debian"] },
  "an escape at the end": { lines: ["FROM debian \\"], images: ["debian"] },
  "ends of lines of another system": {
    lines: ["FROM \\\r", "debian AS a\r", "RUN <<E\r", "FROM x\r", "E\r", "FROM alpine\r"],
    images: ["alpine"],
  },
  "a byte order mark": { lines: ["\uFEFF# escape=`", "FROM `", "debian"], images: ["debian"] },
  tabs: { lines: ["\tFROM\t--platform=linux/amd64\tdebian\tAS\tx"], images: ["debian"] },
  // Heredocs
  "a heredoc that has a FROM": { lines: ["FROM debian", "RUN <<END", "FROM alpine", "END"], images: ["debian"] },
  "a heredoc behind a space": { lines: ["FROM debian", "RUN cat << EOF", "FROM alpine", "EOF"], images: ["debian"] },
  "an operator in single quotes": {
    lines: ["FROM debian", "RUN bash -c 'cat <<EOF >/x'", "FROM alpine"],
    images: ["alpine"],
  },
  "an operator in double quotes": {
    lines: ["FROM debian", 'RUN sh -c "cat <<EOF"', "FROM alpine"],
    images: ["alpine"],
  },
  "an operator in a JSON list": {
    lines: ["FROM debian", 'RUN ["sh","-c","cat <<EOF"]', "FROM alpine"],
    images: ["alpine"],
  },
  "an operator of another instruction": { lines: ["FROM debian", "CMD cat <<EOF", "FROM alpine"], images: ["alpine"] },
  "a shift": { lines: ["FROM debian", "RUN echo $((1<<2)) $((1 << 2))", "FROM alpine", "2))"], images: ["debian"] },
  "a here-string": { lines: ["FROM debian", "RUN cat <<<EOF", "FROM alpine"], images: ["alpine"] },
  "an escaped operator": { lines: ["FROM debian", "RUN echo \\<<EOF", "FROM alpine"], images: ["alpine"] },
  "a quoted end": { lines: ["FROM debian", "RUN cat <<'E F' > x", "FROM alpine", "E F"], images: ["debian"] },
  "an end behind tabs": {
    lines: ["FROM debian", "RUN <<-EOF", "FROM a", " EOF", "\t\tEOF", "FROM alpine"],
    images: ["alpine"],
  },
  "an end behind tabs without a dash": {
    lines: ["FROM debian", "RUN <<EOF", "\tEOF", "FROM a", "EOF"],
    images: ["debian"],
  },
  "two heredocs": {
    lines: ["FROM debian", 'COPY <<a <<"b" /x/', "FROM a", "a", "FROM b", "b", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc of an open file": {
    lines: ["FROM debian", "RUN cmd 3<<EOF", "FROM a", "EOF", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc with an escape in its name": {
    lines: ["FROM debian", "RUN cat <<E\\OF", "FROM a", "EOF", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc in a continued line": {
    lines: ["FROM debian", "RUN true && \\", "  cat <<EOF", "FROM a", "EOF", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc behind a quote that is open": {
    lines: ["FROM debian", "RUN echo don't <<EOF", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc of ONBUILD": {
    lines: ["FROM debian", "ONBUILD RUN <<EOF", "FROM a", "EOF", "FROM alpine"],
    images: ["alpine"],
  },
  "a heredoc without an end": { lines: ["FROM debian", "RUN <<EOF", "FROM alpine"], images: ["debian"], refused: true },
  "a heredoc and an unset variable": {
    lines: ["FROM debian", "RUN $X <<${Y}EOF", "FROM a", "${Y}EOF", "FROM alpine"],
    images: ["alpine"],
  },
  // Flags
  "a flag in quotes": { lines: ["FROM debian", 'COPY --from="busybox:1" /a /b'], images: ["debian", "busybox:1"] },
  "keys of a mount in any case": {
    lines: ["FROM debian", "RUN --mount=TYPE=bind,From=busybox:1,target=/b ls"],
    images: ["debian", "busybox:1"],
  },
  "a mount in quotes": {
    lines: ["FROM debian", 'RUN --mount="type=bind,from=busybox:1,target=/b" ls'],
    images: ["debian", "busybox:1"],
  },
  "a mount with two sources": {
    lines: ["FROM debian", "RUN --mount=from=alpine:3,from=busybox:1,target=/b ls"],
    images: ["debian", "busybox:1"],
  },
  "mounts of every type": {
    lines: [
      "FROM debian",
      "RUN --mount=type=cache,from=a:1,target=/a --mount=type=tmpfs,target=/b --mount=type=secret,id=c --mount=type=ssh ls",
    ],
    images: ["debian", "a:1"],
  },
  "a flag that is a command's": { lines: ["FROM debian", "RUN tool --mount=from=busybox:1"], images: ["debian"] },
  "a variable in COPY --from": {
    lines: ["ARG V=busybox:1", "FROM debian", "COPY --from=$V /a /a"],
    images: ["debian"],
    refused: true,
  },
  "a variable in a mount": {
    lines: ["ARG V=busybox:1", "FROM debian", "RUN --mount=from=${V},target=/a ls"],
    images: ["debian"],
    refused: true,
  },
  // Named contexts
  "a context in place of an image": {
    lines: ["FROM golang AS build", "COPY --from=shared /a /a", "FROM base", "COPY --from=build / /"],
    contexts: ["shared", "base"],
    images: ["golang"],
  },
  "a context in place of a stage": {
    lines: [
      "FROM golang AS build",
      "FROM debian AS tools",
      "COPY --from=alpine:3 / /",
      "FROM build",
      "COPY --from=Tools / /",
    ],
    contexts: ["tools"],
    images: ["golang", "alpine:3"],
  },
  "a context in place of an image and a stage of its name": {
    lines: ["FROM golang AS golang", "FROM golang", "COPY --from=busybox:1 / /"],
    contexts: ["golang"],
    images: ["busybox:1"],
  },
  "a context in a mount": {
    lines: ["FROM golang", "RUN --mount=from=example.com/shared:1,target=/s ls"],
    contexts: ["example.com/shared:1"],
    images: ["golang"],
  },
  // What BuildKit refuses
  "lines that are no instruction": { lines: ["FROM", "COPPY a b", "FROM debian"], images: ["debian"], refused: true },
  "a FROM with too many words": {
    lines: ["FROM a b", "FROM debian AS x y", "FROM debian"],
    images: ["debian"],
    refused: true,
  },
  "a file without an instruction": { lines: ["# nothing"], images: [], refused: true },
};
