import { createHmac } from "node:crypto";

/** A JSON web token for `role`, signed with HS256, as the broker's token authentication reads it. */
export function signPulsarToken(secretKey: Buffer, role: string, expiresInSeconds?: number): string {
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = {
    sub: role,
    iat: issuedAt,
    ...(expiresInSeconds === undefined ? {} : { exp: issuedAt + expiresInSeconds }),
  };
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${createHmac("sha256", secretKey).update(content).digest("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
