/** Moments and spans in the reader's language; licences live by the time at +08:00. */

import type { Language } from "./texts";

const LOCALES: Readonly<Record<Language, string>> = {
  "zh-Hans": "zh-Hans-CN",
  "zh-Hant": "zh-Hant-HK",
  en: "en-GB",
  pt: "pt-PT",
};
const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

const MOMENT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g;

/** Return a sentence of a report with its moments as `moment` words them. */
export function timed(sentence: string, language: Language): string {
  return sentence.replaceAll(MOMENT, (found) => moment(found, language));
}

/** Return a moment of RFC 3339 as a day and time at +08:00; what is none is returned as it is. */
export function moment(text: string, language: Language): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  const shown = new Intl.DateTimeFormat(LOCALES[language], {
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: "Asia/Shanghai",
  }).format(at);
  return `${shown} (UTC+8)`;
}

/** Return a number of seconds in its greatest unit that fits twice. */
export function span(seconds: number, language: Language): string {
  const [unit, size] = STEPS.find(([, each]) => seconds >= 2 * each) ?? (["second", 1] as const);
  const format = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(LOCALES[language], format).format(Math.floor(seconds / size));
}
