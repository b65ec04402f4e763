import { createHmac, timingSafeEqual } from "node:crypto";
import type { Caller } from "./caller";

/** What the registry finds out about a password: whose token it is, or why it lets nobody in. */
export type Token = Caller | "expired" | "invalid";

interface Claims extends Caller {
  /** In milliseconds. */
  readonly expires: number;
}

/** The password that lets a caller into the registry: what is claimed, and a signature. `expires` is in milliseconds. */
export function issueToken({ account, arn, role }: Caller, expires: number, key: Buffer): string {
  const claims = Buffer.from(JSON.stringify({ account, arn, role, expires })).toString("base64url");
  return `${claims}.${signature(claims, key)}`;
}

/** Reads a password as a token that {@link issueToken} made. `now` is in milliseconds. */
export function readToken(password: string, key: Buffer, now: number): Token {
  const [text = "", given = "", ...rest] = password.split(".");
  const expected = signature(text, key);
  const signed =
    rest.length === 0 && given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  if (!signed) {
    return "invalid";
  }
  const { account, arn, role, expires } = JSON.parse(Buffer.from(text, "base64url").toString()) as Claims;
  return now < expires ? { account, arn, role } : "expired";
}

function signature(text: string, key: Buffer): string {
  return createHmac("sha256", key).update(text).digest("hex");
}
