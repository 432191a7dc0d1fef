// Words that come from the wire (kinds, states, reasons…): the catalogue's name for each, or the raw
// word where a newer server or agent says something this catalogue does not name yet.
import { useTranslation } from 'react-i18next';

import { catalogues, currentLanguage, refusals, type Catalogue } from '.';

/** The groups of the catalogue that name words of the wire. */
export type WordGroup = {
  [Group in keyof Catalogue]: Catalogue[Group] extends Record<string, string> ? Group : never;
}[keyof Catalogue];

/** The name of `word` in the language on the screen. */
export function nameOf(group: WordGroup, word: string): string {
  const names: Partial<Record<string, string>> = catalogues[currentLanguage()][group];
  return names[word] ?? word;
}

/** [nameOf], drawn again when the language changes. */
export function useNames(): typeof nameOf {
  useTranslation();
  return nameOf;
}

/** What an incident is called: its detail where that has a name, else its kind. */
export function incidentName({ kind, detail }: { kind: string; detail: string }): string {
  const name = nameOf('detail', detail);
  return name === detail ? nameOf('kind', kind) : name;
}

/** Why the server refused, from the word that it gave. */
export function refusalName(word: string): string {
  return refusals[currentLanguage()][word] ?? word;
}
