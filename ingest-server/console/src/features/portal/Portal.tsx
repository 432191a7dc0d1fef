// The citizens' portal: report something, or follow a report by its code. The address names a followed code
// behind "#", which no server is told.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../../ui/Button';
import { LanguageSwitch } from '../../ui/LanguageSwitch';
import { Logo } from '../../ui/Logo';
import { Follow } from './Follow';
import styles from './Portal.module.css';
import { ReportForm } from './ReportForm';

type Page = { name: 'report'; form: number } | { name: 'follow'; code: string };

/** The page of an address; what somebody mangled while copying is a code that is unknown. */
function pageOf(hash: string): Page {
  const code = hash.slice(1).replaceAll('%20', ' ');
  return code === '' ? { name: 'report', form: 0 } : { name: 'follow', code };
}

export function Portal() {
  const { t } = useTranslation();
  const [page, setPage] = useState<Page>(() => pageOf(window.location.hash));
  const show = (next: Page): void => {
    setPage(next);
    const hash = next.name === 'follow' ? `#${next.code}` : '';
    window.history.replaceState(null, '', `${window.location.pathname}${hash}`);
    window.scrollTo({ top: 0 });
  };
  const follow = (code: string): void => {
    show({ name: 'follow', code });
  };
  const title = t('portal.title');
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    const look = (): void => {
      setPage(pageOf(window.location.hash));
    };
    window.addEventListener('hashchange', look);
    return () => {
      window.removeEventListener('hashchange', look);
    };
  }, []);

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Logo />
        <h1>{title}</h1>
        <LanguageSwitch length="short" />
      </header>
      <nav className={styles.tabs} aria-label={title}>
        <Button
          tone={page.name === 'report' ? 'primary' : 'plain'}
          aria-current={page.name === 'report' ? 'page' : undefined}
          onClick={() => {
            if (page.name !== 'report') show({ name: 'report', form: 0 });
          }}
        >
          {t('portal.report')}
        </Button>
        <Button
          tone={page.name === 'follow' ? 'primary' : 'plain'}
          aria-current={page.name === 'follow' ? 'page' : undefined}
          onClick={() => {
            if (page.name !== 'follow') follow('');
          }}
        >
          {t('portal.follow')}
        </Button>
      </nav>
      <main className={styles.main}>
        {page.name === 'report' ? (
          <ReportForm
            key={page.form}
            onFollow={follow}
            onAnother={() => {
              show({ name: 'report', form: page.form + 1 });
            }}
          />
        ) : (
          <Follow key={page.code} code={page.code} onFollow={follow} />
        )}
      </main>
      <p className={styles.soft}>{t('portal.privacy')}</p>
    </div>
  );
}
