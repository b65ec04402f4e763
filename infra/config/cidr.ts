import { isIPv4, isIPv6 } from "node:net";

/**
 * Whether a text is a network in CIDR notation that Kubernetes takes without a warning (KEP-4858): an address, a prefix
 * length, and no bit set behind the prefix. Kubernetes warns of `10.1.2.3/8`, which may mean a host or a network.
 */
export function isCidr(text: string): boolean {
  const [, address = "", digits = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const bits = isIPv4(address) ? bitsOfIPv4(address) : isIPv6(address) ? bitsOfIPv6(address) : "";
  const prefix = Number(digits);
  return bits !== "" && prefix <= bits.length && !bits.slice(prefix).includes("1");
}

const binary = (number: number, width: number) => number.toString(2).padStart(width, "0");

function bitsOfIPv4(address: string): string {
  return address
    .split(".")
    .map((octet) => binary(Number(octet), 8))
    .join("");
}

/** Empty for an address with a zone or with an IPv4 address inside, because Kubernetes refuses both. */
function bitsOfIPv6(address: string): string {
  if (/[%.]/.test(address)) {
    return "";
  }
  const [head = [], tail = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = new Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].map((group) => binary(parseInt(group, 16), 16)).join("");
}
