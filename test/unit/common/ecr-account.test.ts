import assert from "node:assert/strict";
import { test } from "node:test";
import { ecrAccount } from "../../../common/ecr-account";

test("a registry in ECR is its account's, in every partition", () => {
  assert.equal(ecrAccount("111122223333.dkr.ecr.eu-central-1.amazonaws.com"), "111122223333");
  assert.equal(ecrAccount("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn"), "111122223333");
});

test("any other host is nobody's in AWS", () => {
  for (const host of [
    "ghcr.io",
    "localhost:15000",
    "11112222333.dkr.ecr.eu-central-1.amazonaws.com",
    "111122223333.dkr.ecr.eu-central-1.amazonaws.com:443",
    "111122223333.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
    "111122223333.dkr.ecr.cn-north-1.amazonaws.com.evil",
    "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn.evil",
    "evil-111122223333.dkr.ecr.eu-central-1.amazonaws.com",
    "111122223333.dkr.ecr.evil.example.amazonaws.com",
    "111122223333.dkr.ecr.eu-central-1.amazonawsXcom",
  ]) {
    assert.equal(ecrAccount(host), undefined, host);
  }
});
