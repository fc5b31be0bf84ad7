/** Files that somebody chose or dropped: an SD-JWT, its proof, or one file that holds both. */

import { Trouble } from "./service";

const LONGEST = 1 << 19;

export interface Held {
  readonly document: string;
  readonly proof: unknown;
}

/** Return document and proof; throw `fileWrong` or `filesMany` where that is not what they are. */
export async function read(files: readonly File[]): Promise<Held> {
  let document: string | null = null;
  let proof: unknown = null;
  for (const file of files) {
    if (file.size > LONGEST) throw new Trouble("fileWrong");
    const text = (await file.text()).trim();
    if (!text.startsWith("{")) {
      if (document !== null) throw new Trouble("filesMany");
      document = text;
      continue;
    }
    if (proof !== null) throw new Trouble("filesMany");
    proof = parse(text);
  }
  const inside = (proof as { document?: unknown } | null)?.document;
  const found = document ?? (typeof inside === "string" ? inside : null);
  if (found === null) throw new Trouble("documentMissing");
  return { document: found, proof };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Trouble("fileWrong");
  }
}
