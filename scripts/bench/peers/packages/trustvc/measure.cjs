// Wraps and checks documents when told to: one JSON object a line in, one a line out.
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

// From the folder that the packages were installed in, which is the one it is started in.
const { wrapOADocuments, verifyOASignature } = createRequire(`${process.cwd()}/`)(
  "@trustvc/trustvc/open-attestation",
);

let wrapped = [];

/** Wrap as many documents of the given fields; tell how long it took, and their common root. */
async function wrap({ count, fields, store }) {
  const issuer = {
    name: "Sample Office",
    documentStore: store,
    identityProof: { type: "DNS-TXT", location: "office.example" },
  };
  const documents = Array.from({ length: count }, (_, number) => ({
    ...fields,
    licence_number: `JY2440${String(number).padStart(10, "0")}`,
    issuers: [issuer],
  }));
  const started = process.hrtime.bigint();
  wrapped = await wrapOADocuments(documents);
  return { seconds: since(started), root: wrapped[0].signature.merkleRoot };
}

/** Check the integrity of wrapped documents in turn; tell how long each took. */
async function verify({ count }) {
  const seconds = [];
  for (let number = 0; number < count; number += 1) {
    const started = process.hrtime.bigint();
    if (!(await verifyOASignature(wrapped[number % wrapped.length]))) throw new Error("invalid");
    seconds.push(since(started));
  }
  return { seconds };
}

function since(started) {
  return Number(process.hrtime.bigint() - started) / 1e9;
}

const acts = { wrap, verify };

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await acts[order.act](order))}\n`);
  }
})();
