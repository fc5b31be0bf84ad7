/** Bytes and text: base64url without padding, hexadecimal, SHA-256. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** Return the bytes of unpadded base64url; throw for any other text, or another length. */
export function fromBase64url(text: string, length?: number): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError("not base64url");
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(raw, (character) => character.charCodeAt(0));
  if (length !== undefined && bytes.length !== length) throw new RangeError("another length");
  return bytes;
}

/** Return the SHA-256 of a text's UTF-8 bytes. */
export async function sha256(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function toBase64url(bytes: Bytes): string {
  const raw = btoa(String.fromCharCode(...bytes));
  return raw.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
