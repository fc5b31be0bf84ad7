/** The page behind every QR: opens a link or a file, has it verified, shows the report. */

import { contentOf, digestOf } from "./document";
import { el } from "./elements";
import { type Held, read } from "./files";
import { linkIn, open } from "./link";
import { Trouble, proofOf, typeOf, verify } from "./service";
import { LANGUAGES, type Language, TEXTS, languageFor } from "./texts";
import { type State, draw } from "./view";

type Source = () => Promise<{ held: Held; isLink: boolean }>;

let language: Language = languageFor(navigator.languages);
let state: State = { kind: "idle" };
let source: Source | null = null;
let turn = 0;

function show(next: State): void {
  state = next;
  draw(state, language, () => void answer(true));
}

/** Verify what `source` gives; `fresh` asks a node. Whoever asks later wins. */
async function answer(fresh: boolean): Promise<void> {
  const mine = ++turn;
  if (source === null) return show({ kind: "idle" });
  show({ kind: "working" });
  const found = await outcome(source, fresh);
  if (mine === turn) show(found);
}

async function outcome(given: Source, fresh: boolean): Promise<State> {
  try {
    if (!window.isSecureContext) throw new Trouble("insecure");
    const { held, isLink } = await given();
    const digest = await digestOf(held.document);
    const proof = held.proof ?? (digest === null ? null : await proofOf(digest));
    const report = await verify(held.document, proof, fresh);
    const content = await contentOf(held.document);
    const type = content?.type ? await typeOf(content.type) : null;
    return { kind: "report", report, content, type, isLink };
  } catch (error) {
    return { kind: "trouble", trouble: error instanceof Trouble ? error.trouble : "serviceSilent" };
  }
}

async function fromLink(): Promise<{ held: Held; isLink: boolean }> {
  const link = linkIn(location);
  if (link === null) throw new Trouble("linkCut");
  return { held: { document: await open(link), proof: null }, isLink: true };
}

function take(files: readonly File[]): void {
  if (files.length === 0) return;
  source = async () => ({ held: await read(files), isLink: false });
  void answer(false);
  document.getElementById("verdict")?.scrollIntoView();
}

/** Draw the place for files, which is the same in every state. */
function drawFile(): void {
  const texts = TEXTS[language];
  // No `accept`: phones grey out files whose ending they do not know.
  const input = el("input", { type: "file", multiple: "", id: "files" });
  input.addEventListener("change", () => take([...((input as HTMLInputElement).files ?? [])]));
  const section = document.getElementById("file");
  section?.replaceChildren(
    el("h2", {}, texts.file),
    el("p", {}, texts.drop),
    el("label", { class: "button" }, input, texts.choose),
  );
  section?.removeAttribute("hidden");
}

function drawAll(): void {
  const label = document.getElementById("language-label");
  if (label) label.textContent = TEXTS[language].language;
  drawFile();
  show(state);
}

function begin(): void {
  const choice = document.getElementById("language") as HTMLSelectElement;
  choice.value = language;
  choice.addEventListener("change", () => {
    language = LANGUAGES.find((each) => each === choice.value) ?? language;
    drawAll();
  });
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])]);
  });
  window.addEventListener("hashchange", () => void answer(false));
  if (location.pathname.includes("/v/")) source = fromLink;
  drawAll();
  void answer(false);
}

begin();
