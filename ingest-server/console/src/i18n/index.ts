// Languages: Vietnamese first, English second, both from the catalogue shared with the server.
// Keys are typed by the Vietnamese catalogue; a test holds the two catalogues to the same keys.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { api as apiEn, ui as en } from '../../../locales/en.json';
import { api as apiVi, ui as vi } from '../../../locales/vi.json';

export const LANGUAGES = ['vi', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue = typeof vi;

export const catalogues: Record<Language, Catalogue> = { vi, en };

/** What the server says of refusals, where it says only the word: when many were asked for at once. */
export const refusals: Record<Language, Record<string, string>> = {
  vi: { ...apiVi.errors, ...apiVi.details },
  en: { ...apiEn.errors, ...apiEn.details },
};

const STORED_AT = 'vong.language';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: Catalogue };
  }
}

/** The language on the screen. */
export function currentLanguage(): Language {
  return LANGUAGES.find((language) => language === i18next.language) ?? 'vi';
}

/** Shows another language and remembers it for this browser. */
export function setLanguage(language: Language): void {
  localStorage.setItem(STORED_AT, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

function storedLanguage(): Language {
  const stored = localStorage.getItem(STORED_AT);
  return LANGUAGES.find((language) => language === stored) ?? 'vi';
}

/** Loads the catalogues; nothing is fetched, so the first picture is already translated. */
export function startI18n(language: Language = storedLanguage()): void {
  document.documentElement.lang = language;
  void i18next.use(initReactI18next).init({
    resources: { vi: { translation: vi }, en: { translation: en } },
    lng: language,
    fallbackLng: 'vi',
    interpolation: { escapeValue: false },
    initAsync: false,
  });
}
