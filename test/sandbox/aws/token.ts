import { createHmac, timingSafeEqual } from "node:crypto";

/** What the registry finds out about a password. */
export type TokenState = "valid" | "expired" | "invalid";

/**
 * Whether a password is a token that the control plane issued for the account, and still valid: claims and signature,
 * as `control_plane.py` makes them. `now` is in milliseconds.
 */
export function checkToken(password: string, key: Buffer, account: string, now: number): TokenState {
  const [claims = "", signature = "", ...rest] = password.split(".");
  const expected = createHmac("sha256", key).update(claims).digest("hex");
  const signed =
    rest.length === 0 &&
    signature.length === expected.length &&
    timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  if (!signed) {
    return "invalid";
  }
  const { account: issuedFor, expiration } = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
    account: string;
    expiration: number;
  };
  if (issuedFor !== account) {
    return "invalid";
  }
  return now < expiration * 1000 ? "valid" : "expired";
}
