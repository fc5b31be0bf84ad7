/**
 * Reading an SD-JWT (RFC 9901) to show it. Nothing is judged here: the page shows what it reads
 * only when the service found the signature and every disclosed item genuine.
 */

import { fromBase64url, sha256, toBase64url, toHex } from "./encoding";

type Json = Record<string, unknown>;

export interface Content {
  readonly type: string | null;
  readonly claims: ReadonlyMap<string, unknown>;
}

/** Return the digest by which the ledger knows a document, SHA-256 of its issuer's part; null for no document. */
export async function digestOf(document: string): Promise<string | null> {
  const found = /^([\w-]+\.[\w-]+\.[\w-]+)~/.exec(document);
  return found?.[1] === undefined ? null : toHex(await sha256(found[1]));
}

/** Return the claims that a document shows, disclosed items put in; null where it has none. */
export async function contentOf(document: string): Promise<Content | null> {
  const [jwt = "", ...rest] = document.split("~");
  try {
    const payload = decode(jwt.split(".")[1] ?? "") as Json;
    const disclosed = new Map<string, unknown[]>();
    for (const item of rest.slice(0, -1)) {
      disclosed.set(toBase64url(await sha256(item)), decode(item) as unknown[]);
    }
    const claims = unfold(payload, disclosed) as Json;
    const type = /^urn:suizheng:licence:([^:\s]+):[0-9]+$/.exec(String(claims["vct"]));
    return { type: type?.[1] ?? null, claims: new Map(Object.entries(claims)) };
  } catch {
    return null;
  }
}

function unfold(value: unknown, disclosed: ReadonlyMap<string, unknown[]>): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((entry: unknown) => {
      const digest = isObject(entry) ? entry["..."] : undefined;
      if (typeof digest !== "string") return [unfold(entry, disclosed)];
      const found = disclosed.get(digest);
      return found ? [unfold(found[1], disclosed)] : [];
    });
  }
  if (!isObject(value)) return value;
  const { _sd: hidden, ...open } = value;
  const entries = Object.entries(open);
  for (const digest of Array.isArray(hidden) ? hidden : []) {
    const found = disclosed.get(String(digest));
    if (found) entries.push([String(found[1]), found[2]]);
  }
  return Object.fromEntries(entries.map(([name, inner]) => [name, unfold(inner, disclosed)]));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decode(part: string): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(part)));
}
