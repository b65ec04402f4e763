import assert from "node:assert/strict";
import { test } from "node:test";
import { dnsLabel, isDnsLabel } from "../../../common/dns-label";

test("a DNS label stays as it is", () => {
  for (const label of ["a", "ping-dev", "x1", "a".repeat(63)]) {
    assert.equal(dnsLabel(label), label);
    assert.equal(isDnsLabel(label), true);
  }
});

test("any other text becomes a DNS label, a different one for each text", () => {
  const texts = [
    "Ping-dev",
    "ping_dev",
    "ping.dev",
    "1ping",
    "-ping-",
    "ping-",
    "a".repeat(64),
    "a".repeat(65),
    "_",
    "é",
  ];
  assert.deepEqual(texts.filter(isDnsLabel), []);
  const labels = texts.map(dnsLabel);
  for (const label of labels) {
    assert.match(label, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  }
  assert.equal(new Set(labels).size, texts.length);
  assert.match(dnsLabel("Ping_Dev"), /^ping-dev-[0-9a-f]{6}$/);
});
