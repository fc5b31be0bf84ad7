/** Links of QR codes, `/v/<id>#<key>`: the key is read here and leaves the browser nowhere. */

import { type Bytes, fromBase64url } from "./encoding";
import { Trouble, get } from "./service";

const ID_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

export interface Link {
  readonly name: string;
  readonly id: Bytes;
  readonly key: Bytes;
}

/** Return the link in the address, or null where the address is no link's; throw when it is cut. */
export function linkIn(address: Location): Link | null {
  const found = /\/v\/([^/]*)$/.exec(address.pathname);
  if (found === null) return null;
  const name = found[1] ?? "";
  try {
    const key = fromBase64url(address.hash.slice(1), KEY_BYTES);
    return { name, id: fromBase64url(name, ID_BYTES), key };
  } catch {
    throw new Trouble("linkCut");
  }
}

/** Return the document behind a link: 12 bytes of nonce, then AES-256-GCM over id and content. */
export async function open(link: Link): Promise<string> {
  const answer = await get(`/v/${link.name}`, "application/octet-stream");
  if (answer.status === 404) throw new Trouble("linkUnknown");
  if (!answer.ok) throw new Trouble("serviceSilent");
  const sealed = new Uint8Array(await answer.arrayBuffer());
  const key = await crypto.subtle.importKey("raw", link.key, "AES-GCM", false, ["decrypt"]);
  const parameters = {
    name: "AES-GCM",
    iv: sealed.slice(0, NONCE_BYTES),
    additionalData: link.id,
  };
  try {
    const content = await crypto.subtle.decrypt(parameters, key, sealed.slice(NONCE_BYTES));
    return new TextDecoder().decode(content);
  } catch {
    throw new Trouble("keyWrong");
  }
}
