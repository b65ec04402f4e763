import assert from "node:assert/strict";
import { test } from "node:test";
import { isCidr } from "../../../../infra/config/cidr";

test("a network is an address and a prefix length, with no bit set behind it", () => {
  const networks = [
    ...["0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.7/32"],
    ...["::/0", "2001:db8::/32", "2001:db8:0:1::/64", "fd00::1/128", "1:2:3:4:5:6:7:8/128", "FE80::/10"],
  ];
  for (const text of networks) {
    assert.equal(isCidr(text), true, text);
  }
});

test("nothing else is", () => {
  const others = [
    ...["", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0/8"],
    ...["010.0.0.0/8", "256.0.0.0/8", "10.0.0.1/8", "192.0.2.129/25", "db.example.com/32", "10.0.0.0/8/8"],
    ...["2001:db8::/129", "2001:db8::1/32", "2001::db8::/32", "fe80::%eth0/64", "::ffff:10.0.0.0/104"],
  ];
  for (const text of others) {
    assert.equal(isCidr(text), false, text);
  }
});
