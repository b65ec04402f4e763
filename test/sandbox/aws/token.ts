import { createHmac, timingSafeEqual } from "node:crypto";

/** What the registry finds out about a password: whose token it is, or why it lets nobody in. */
export type Token = { readonly account: string } | "expired" | "invalid";

/**
 * Reads a password as a token that the control plane issued: claims and signature, as `control_plane.py` makes them.
 * `now` is in milliseconds.
 */
export function readToken(password: string, key: Buffer, now: number): Token {
  const [claims = "", signature = "", ...rest] = password.split(".");
  const expected = createHmac("sha256", key).update(claims).digest("hex");
  const signed =
    rest.length === 0 &&
    signature.length === expected.length &&
    timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  if (!signed) {
    return "invalid";
  }
  const { account, expiration } = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
    account: string;
    expiration: number;
  };
  return now < expiration * 1000 ? { account } : "expired";
}
