import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLog, phaseLengths, pluginStarts, providerCalls } from "../../bench/preview-phases";

const line = (milliseconds: number, msg: string) =>
  JSON.stringify({ time: new Date(milliseconds).toISOString(), level: "INFO", msg, v: 7 });

const log = parseLog(
  [
    line(100, "newPlugin(): Launching plugin 'nodejs' from '/bin/host' with args"),
    line(150, "Waiting for language runtime metadata"),
    "what the program prints stands between the lines",
    line(160, "newPlugin(): Launching plugin 'nodejs' from '/bin/host' with args"),
    line(200, "langhost[nodejs].Run(pwd=/) executing"),
    line(500, "ResourceMonitor.RegisterResource received: t=pulumi:pulumi:Stack, name=ping-dev"),
    line(700, "Running program /index.ts"),
    line(710, "newPlugin(): Launching plugin 'docker (resource)' from '/plugins/docker' with args"),
    line(800, "Handshake: /plugins/docker done"),
    line(810, "Provider[docker].Diff(urn) executing"),
    line(840, "Provider[docker].Diff(urn): success"),
    line(900, "langhost[nodejs].Run(pwd=/): success"),
  ].join("\n"),
);

test("the phases add up to the whole preview", () => {
  const lengths = phaseLengths(log, 0, 950);
  assert.deepEqual(Object.fromEntries(lengths), {
    "CLI starts": 100,
    "language host: asked what it is": 50,
    "CLI opens the stack": 10,
    "language host: starts, lists plugins": 40,
    "node, tsx and @pulumi/pulumi start": 300,
    "program loads": 200,
    "providers start, resources compared": 200,
    "CLI ends": 50,
  });
});

test("a log that doesn't show a phase's end is an error that names the phase", () => {
  assert.throws(() => phaseLengths(log.slice(0, 4), 0, 950), /"node, tsx and @pulumi\/pulumi start"/);
});

test("a plugin's start lasts until its first answer, a call until it succeeds", () => {
  assert.deepEqual(Object.fromEntries(pluginStarts(log)), { docker: 90 });
  assert.deepEqual(providerCalls(log), { count: 1, total: 30 });
});
