/** Chinese first, English by a switch that stays. */

import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

import type { Lang } from "../lib/time";
import { en } from "./en";
import { zh } from "./zh";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof zh };
  }
}

const KEPT_AS = "yixiang.language";

function storedLang(): Lang {
  try {
    return localStorage.getItem(KEPT_AS) === "en" ? "en" : "zh";
  } catch {
    return "zh"; // storage is switched off; the choice then lasts as long as the page
  }
}

function tellDocument(lang: Lang): void {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
}

export async function startLanguage(): Promise<void> {
  const lang = storedLang();
  await i18next.use(initReactI18next).init({
    lng: lang,
    fallbackLng: "zh",
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes
  });
  tellDocument(lang);
}

export async function setLang(lang: Lang): Promise<void> {
  try {
    localStorage.setItem(KEPT_AS, lang);
  } catch {
    // as above
  }
  await i18next.changeLanguage(lang);
  tellDocument(lang);
}

export function useLang(): Lang {
  const { i18n } = useTranslation();
  return i18n.language === "en" ? "en" : "zh";
}

type Both<K extends string> = Record<`${K}_zh` | `${K}_en`, string>;

/** Picks the text of a pair such as name_zh / name_en, falling back to the other when one is empty. */
export function pick<K extends string>(lang: Lang, pair: Both<K>, key: K): string {
  const [first, second] = lang === "zh" ? (["zh", "en"] as const) : (["en", "zh"] as const);
  return pair[`${key}_${first}`] || pair[`${key}_${second}`];
}
