/** What the page itself says, in four languages; a report's sentences come from the service. */

import en from "./texts/en";
import pt from "./texts/pt";
import hans from "./texts/zh-Hans";
import hant from "./texts/zh-Hant";

export const LANGUAGES = ["zh-Hans", "zh-Hant", "en", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Texts = typeof en;
export type TroubleName = keyof Texts["troubles"];

export const TEXTS: Readonly<Record<Language, Texts>> = {
  "zh-Hans": hans,
  "zh-Hant": hant,
  en,
  pt,
};

/** Return the first language of a reader that the page speaks, else English. */
export function languageFor(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language, ...rest] = tag.toLowerCase().split("-");
    if (language === "en" || language === "pt") return language;
    if (language === "zh") {
      if (rest.includes("hans")) return "zh-Hans";
      return rest.some((part) => ["hant", "tw", "hk", "mo"].includes(part)) ? "zh-Hant" : "zh-Hans";
    }
  }
  return "en";
}

/** Return a text with its `{places}` filled. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}
