/** What this page asks the service that served it. */

import type { Language, TroubleName } from "./texts";

/** Why there is no report: nothing is said about the document itself. */
export class Trouble extends Error {
  constructor(readonly trouble: TroubleName) {
    super(trouble);
  }
}

export type Sentence = Readonly<Record<Language, string>>;
export type Result = "VALID" | "INVALID" | "ERROR" | "SKIPPED";

export interface Said {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sentence: Sentence;
}

export interface Check extends Said {
  readonly number: number;
  readonly name: string;
  readonly result: Result;
}

export interface Report {
  readonly verdict: "valid" | "invalid" | "unconfirmed";
  readonly at: string;
  readonly digest: string | null;
  readonly checks: readonly Check[];
  readonly warnings: readonly Said[];
  readonly evidence: {
    readonly source: string | null;
    readonly block?: number;
    readonly ledger?: { readonly chainId: number; readonly address: string };
  };
  readonly head: { readonly block: number; readonly time: string; readonly ageSeconds: number } | null;
}

export interface Type {
  readonly names: Sentence;
  readonly claims: readonly { readonly name: string; readonly labels: Sentence }[];
}

const PATIENCE = 15_000;

/** Ask for an address of this service; throw `serviceSilent` when nobody answers. */
export async function get(path: string, accept = "application/json"): Promise<Response> {
  return ask(path, { headers: { Accept: accept } });
}

/** Return the report about a document; `fresh` has the service ask a node instead of its copy. */
export async function verify(document: string, proof: unknown, fresh: boolean): Promise<Report> {
  const question = proof === null ? { document, fresh } : { document, proof, fresh };
  const answer = await ask("/v1/verifications", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(question),
  });
  if (answer.ok) return (await answer.json()) as Report;
  throw new Trouble(answer.status >= 500 || answer.status === 429 ? "serviceSilent" : "fileWrong");
}

/** Return the proof of a document by its digest, or null while it cannot be had. */
export async function proofOf(digest: string): Promise<unknown> {
  try {
    const answer = await get(`/v1/proofs/0x${digest}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the report will say what is missing
  }
}

/** Return a licence type of the catalogue, or null: a page without labels is better than none. */
export async function typeOf(id: string): Promise<Type | null> {
  try {
    const answer = await get(`/v1/catalogue/${encodeURIComponent(id)}`);
    return answer.ok ? ((await answer.json()) as Type) : null;
  } catch {
    return null;
  }
}

async function ask(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      ...options,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Trouble("serviceSilent");
  }
}
