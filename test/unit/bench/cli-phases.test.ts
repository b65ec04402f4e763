import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildingUpPhases,
  firstUpPhases,
  parseLog,
  phaseLengths,
  pluginStarts,
  previewPhases,
  providerCalls,
} from "../../../bench/cli-phases";

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
    line(710, "newPlugin(): Launching plugin 'docker (resource)' from '/plugins/docker' with args"),
    line(800, "Handshake: /plugins/docker done"),
    line(810, "Provider[docker].Diff(urn) executing"),
    line(840, "Provider[docker].Diff(urn): success"),
    line(900, "langhost[nodejs].Run(pwd=/): success"),
  ].join("\n"),
);

test("the phases add up to the whole preview", () => {
  const lengths = phaseLengths(previewPhases, { log, begin: 0, end: 950 });
  assert.deepEqual(Object.fromEntries(lengths), {
    "CLI starts": 100,
    "language host: asked what it is": 50,
    "CLI opens the stack": 10,
    "language host: starts, lists plugins": 40,
    "node, tsx and @pulumi/pulumi start": 300,
    "program runs, providers start": 400,
    "CLI ends": 50,
  });
});

test("an update's phases are the image's, where it builds one, and the Deployment's", () => {
  const log = parseLog(
    [
      line(200, "Provider[0x1].Update(urn::docker-build:index:Image::ping-build) executing"),
      line(250, "Provider[0x1].Update(urn::docker-build:index:Image::ping-build) success"),
      line(300, 'calling hook "ping-binaries" for urn urn::pulumi:index:Stash::ping-binaries'),
      line(330, 'ResourceHook ping-binaries returned ""'),
      line(400, "Provider[0x2].Create(urn::kubernetes:apps/v1:Deployment::ping-deployment) executing"),
      line(900, "Provider[0x2].Create(urn::kubernetes:apps/v1:Deployment::ping-deployment) success"),
      line(950, "langhost[nodejs].Run(pwd=/): success"),
    ].join("\n"),
  );
  assert.deepEqual(Object.fromEntries(phaseLengths(firstUpPhases, { log, begin: 0, end: 960 })), {
    "CLI, program and providers start, index read back": 300,
    "binaries of both platforms verified": 30,
    "objects before the Deployment": 70,
    "the Deployment's pods get ready": 500,
    "objects after it": 50,
    "CLI ends": 10,
  });
  assert.deepEqual(Object.fromEntries(phaseLengths(buildingUpPhases, { log, begin: 0, end: 960 })), {
    "CLI, program and providers start": 200,
    "image built and pushed": 50,
    "index read back": 50,
    "binaries of both platforms verified": 30,
    "objects compared": 70,
    "the Deployment's pods get ready": 500,
    "objects after it": 50,
    "CLI ends": 10,
  });
});

test("a log that doesn't show a phase's end is an error that names the phase", () => {
  assert.throws(
    () => phaseLengths(previewPhases, { log: log.slice(0, 4), begin: 0, end: 950 }),
    /"node, tsx and @pulumi\/pulumi start"/,
  );
});

test("a plugin's start lasts until its first answer, a call until it succeeds", () => {
  assert.deepEqual(Object.fromEntries(pluginStarts(log)), { docker: 90 });
  assert.deepEqual(providerCalls(log), { count: 1, total: 30 });
});
