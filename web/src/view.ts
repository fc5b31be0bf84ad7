/** What a reader sees of a state; drawn anew whenever the state or the language changes. */

import type { Content } from "./document";
import { type Shape, card, el, pairs, symbol } from "./elements";
import type { Check, Report, Result, Type } from "./service";
import { type Language, TEXTS, type Texts, type TroubleName, fill } from "./texts";
import { moment, span, timed } from "./times";

export type State =
  | { readonly kind: "idle" }
  | { readonly kind: "working" }
  | { readonly kind: "trouble"; readonly trouble: TroubleName }
  | {
      readonly kind: "report";
      readonly report: Report;
      readonly content: Content | null;
      readonly type: Type | null;
      readonly isLink: boolean;
    };
type Reported = Extract<State, { kind: "report" }>;

const SYMBOLS: Readonly<Record<Result, Shape>> = {
  VALID: "valid",
  INVALID: "invalid",
  ERROR: "unconfirmed",
  SKIPPED: "skipped",
};

/** Draw the state into the page's three places; `retry` is offered where it may help. */
export function draw(state: State, language: Language, retry: () => void): void {
  const texts = TEXTS[language];
  const verdict = place("verdict");
  const report = place("report");
  verdict.dataset["verdict"] = shown(state);
  verdict.replaceChildren(...headline(state, language, texts, retry));
  report.replaceChildren(...(state.kind === "report" ? details(state, language, texts) : []));
  document.documentElement.lang = language;
  const heading = verdict.querySelector("h1")?.textContent ?? "";
  document.title = state.kind === "idle" ? `${texts.title} · Suizheng 穗证` : `${heading} · ${texts.title}`;
}

function shown(state: State): string {
  if (state.kind === "report") return state.report.verdict;
  return state.kind === "trouble" ? "unconfirmed" : state.kind;
}

function headline(state: State, language: Language, texts: Texts, retry: () => void): HTMLElement[] {
  switch (state.kind) {
    case "idle":
      return [el("h1", {}, texts.title)];
    case "working":
      return [el("h1", {}, texts.working)];
    case "trouble":
      return [
        heading("unconfirmed", texts.noReport),
        el("p", { class: "lead" }, texts.troubles[state.trouble]),
        el("p", {}, texts.nothingSaid),
        ...(state.trouble === "serviceSilent" ? [button(texts.retry, retry)] : []),
      ];
    case "report":
      return answer(state.report, language, texts, retry);
  }
}

function answer(report: Report, language: Language, texts: Texts, retry: () => void): HTMLElement[] {
  const decisive = decisiveIn(report);
  const time = moment(report.at, language);
  const said = decisive ? [el("p", { class: "lead" }, timed(decisive.sentence[language], language))] : [];
  return [
    heading(report.verdict, texts.verdicts[report.verdict]),
    ...said,
    el("p", {}, fill(texts.explained[report.verdict], { time })),
    ...(report.verdict === "unconfirmed" ? [button(texts.retry, retry)] : []),
  ];
}

function heading(shape: Shape, text: string): HTMLElement {
  return el("div", { class: "headline" }, symbol(shape), el("h1", {}, text));
}

function button(text: string, act: () => void): HTMLElement {
  const made = el("button", { type: "button", id: "retry" }, text);
  made.addEventListener("click", act);
  return made;
}

function details(state: Reported, language: Language, texts: Texts): HTMLElement[] {
  const { report } = state;
  return [
    ...standing(report, language, texts),
    ...licence(state, language, texts),
    origin(report, language, texts),
    card(texts.checks, el("ol", { class: "checks" }, ...report.checks.map((c) => line(c, language, texts)))),
    ...warnings(report, language, texts),
    answered(state, language, texts),
  ];
}

/** The kind and date of what ended or suspended a licence; its sentence, said once, names the reason. */
function standing(report: Report, language: Language, texts: Texts): HTMLElement[] {
  const check = named(report, "status");
  const kind = (texts.kinds as Readonly<Record<string, string>>)[check?.code ?? ""];
  if (check === undefined || check.result !== "INVALID" || kind === undefined) return [];
  const from = check.facts["from"];
  const rows: [string, string][] = [[texts.kind, kind]];
  if (typeof from === "string") rows.push([texts.from, moment(from, language)]);
  else if (check.code === "status.annulled") rows.push([texts.from, texts.fromBeginning]);
  const until = check.facts["until"];
  if (typeof until === "string") rows.push([texts.until, moment(until, language)]);
  const sentence = el("p", {}, timed(check.sentence[language], language));
  const isLead = check === decisiveIn(report);
  const section = card(texts.standing, pairs(rows), ...(isLead ? [] : [sentence]));
  section.id = "standing";
  return [section];
}

/** What the licence says, once its signature and every disclosed item were found genuine. */
function licence(state: Reported, language: Language, texts: Texts): HTMLElement[] {
  const { report, content, type } = state;
  if (content === null || named(report, "integrity")?.result !== "VALID") return [];
  const rows: [string, string][] = [];
  for (const claim of type?.claims ?? []) {
    const value = content.claims.get(claim.name);
    if (value !== undefined) rows.push([claim.labels[language], worded(value, texts)]);
  }
  if (rows.length === 0) return [];
  const title = el("p", { class: "type" }, type?.names[language] ?? "");
  const section = card(texts.licence, title, pairs(rows), el("p", { class: "small" }, texts.hidden));
  section.id = "licence";
  return [section];
}

function worded(value: unknown, texts: Texts): string {
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (Array.isArray(value)) return value.map((each) => worded(each, texts)).join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function origin(report: Report, language: Language, texts: Texts): HTMLElement {
  const issuer = named(report, "issuer");
  const anchor = named(report, "anchor");
  const name = issuer?.result === "VALID" ? issuer.facts["name"] : undefined;
  const time = anchor?.result === "VALID" ? anchor.facts["time"] : undefined;
  const rows: [string, string | HTMLElement][] = [
    [texts.issuer, typeof name === "string" ? name : texts.notConfirmed],
    [texts.anchoredAt, typeof time === "string" ? moment(time, language) : texts.notConfirmed],
  ];
  if (typeof time === "string") rows.push([texts.block, String(anchor?.facts["block"])]);
  if (report.digest !== null) rows.push([texts.digest, el("code", {}, report.digest)]);
  const section = card(texts.origin, pairs(rows));
  section.id = "issuance";
  return section;
}

function line(check: Check, language: Language, texts: Texts): HTMLElement {
  const name = (texts.names as Readonly<Record<string, string>>)[check.name] ?? check.name;
  return el(
    "li",
    { class: check.result.toLowerCase(), "data-check": check.name },
    symbol(SYMBOLS[check.result]),
    el(
      "div",
      {},
      el("h3", {}, name, el("span", { class: "result" }, texts.results[check.result])),
      el("p", {}, timed(check.sentence[language], language)),
    ),
  );
}

function warnings(report: Report, language: Language, texts: Texts): HTMLElement[] {
  if (report.warnings.length === 0) return [];
  const lines = report.warnings.map((warning) => el("li", {}, timed(warning.sentence[language], language)));
  return [card(texts.warnings, el("ul", {}, ...lines))];
}

function answered(state: Reported, language: Language, texts: Texts): HTMLElement {
  const { report, isLink } = state;
  const { source, block, ledger } = report.evidence;
  const host = location.host;
  const chain = String(ledger?.chainId ?? "?");
  const age = span(report.head?.ageSeconds ?? 0, language);
  const by = { projection: texts.byProjection, node: texts.byNode }[source ?? ""] ?? texts.byNobody;
  const section = card(
    texts.answered,
    el("p", {}, fill(by, { host, block: String(block ?? "?"), age, chain })),
    el("p", {}, fill(isLink ? texts.keyStays : texts.fileSent, { host })),
    el("p", {}, texts.ownCheck),
  );
  section.id = "answered";
  return section;
}

/** The first check that makes the verdict what it is; none where all is well. */
function decisiveIn(report: Report): Check | undefined {
  const result = report.verdict === "invalid" ? "INVALID" : "ERROR";
  return report.checks.find((check) => check.result === result);
}

function named(report: Report, name: string): Check | undefined {
  return report.checks.find((check) => check.name === name);
}

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no #${id}`);
  return found;
}
