// Vietnamese or English; each language is named in itself.
import { useTranslation } from 'react-i18next';

import { currentLanguage, setLanguage, type Language } from '../i18n';
import styles from './LanguageSwitch.module.css';
import { cx } from './cx';

interface Props {
  /** `short` shows the two-letter code, for the header. */
  length?: 'short' | 'full';
}

export function LanguageSwitch({ length = 'full' }: Props) {
  const { t } = useTranslation();
  const current = currentLanguage();
  const names: Record<Language, string> = { vi: t('app.languageVi'), en: t('app.languageEn') };
  const next: Language = current === 'vi' ? 'en' : 'vi';
  const choices: Language[] = length === 'short' ? [next] : ['vi', 'en'];
  return (
    <div className={styles.group} role="group" aria-label={t('app.language')}>
      {choices.map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          className={cx(styles.choice, language === current && styles.current)}
          aria-pressed={length === 'full' ? language === current : undefined}
          onClick={() => {
            setLanguage(language);
          }}
        >
          {names[language]}
        </button>
      ))}
    </div>
  );
}
