// The citizens' portal: report something, or follow a report by its code.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../../ui/Button';
import { LanguageSwitch } from '../../ui/LanguageSwitch';
import { Logo } from '../../ui/Logo';
import { Follow } from './Follow';
import styles from './Portal.module.css';
import { ReportForm } from './ReportForm';

type Page = { name: 'report' } | { name: 'follow'; code: string };

export function Portal() {
  const { t } = useTranslation();
  const [page, setPage] = useState<Page>({ name: 'report' });
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <Logo />
        <h1>{t('portal.title')}</h1>
        <LanguageSwitch />
      </header>
      <nav className={styles.tabs} aria-label={t('portal.title')}>
        <Button
          tone={page.name === 'report' ? 'primary' : 'plain'}
          aria-current={page.name === 'report' ? 'page' : undefined}
          onClick={() => {
            setPage({ name: 'report' });
          }}
        >
          {t('portal.report')}
        </Button>
        <Button
          tone={page.name === 'follow' ? 'primary' : 'plain'}
          aria-current={page.name === 'follow' ? 'page' : undefined}
          onClick={() => {
            setPage({ name: 'follow', code: '' });
          }}
        >
          {t('portal.follow')}
        </Button>
      </nav>
      {page.name === 'report' ? (
        <ReportForm
          onFollow={(code) => {
            setPage({ name: 'follow', code });
          }}
        />
      ) : (
        <Follow key={page.code} code={page.code} />
      )}
      <p className={styles.soft}>{t('portal.privacy')}</p>
    </main>
  );
}
