// A key that was just made. The server tells it this once, so it stays until somebody says that it is kept.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import type { ApiKeyMade } from '../../api/keys';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import styles from './AdminPage.module.css';

export function MadeKey({ made, onKept }: { made: ApiKeyMade; onKept: () => void }) {
  const { t } = useTranslation();
  const title = useRef<HTMLHeadingElement>(null);
  // The form is gone; who reads by ear or by keyboard goes on here.
  useEffect(() => {
    title.current?.focus();
  }, []);
  return (
    <section className={styles.made} aria-labelledby="made-title">
      <h2 id="made-title" ref={title} tabIndex={-1}>
        {t('keys.isMade', { name: made.key.name })}
      </h2>
      <p>{t('keys.once')}</p>
      <p className={styles.secret} data-testid="secret">
        {made.secret}
      </p>
      <p className={styles.soft}>{t('keys.send')}</p>
      <span className={styles.verbs}>
        <CopyButton text={made.secret} label={t('keys.copy')} />
        <Button onClick={onKept}>{t('keys.kept')}</Button>
      </span>
    </section>
  );
}
