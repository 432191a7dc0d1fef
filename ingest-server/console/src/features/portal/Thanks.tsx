// A report was taken in: its number, what happens now, and the code that is told this once.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import type { Received } from '../../api/portal';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import styles from './Portal.module.css';

interface Props {
  received: Received;
  onFollow: (code: string) => void;
  onAnother: () => void;
}

export function Thanks({ received, onFollow, onAnother }: Props) {
  const { t } = useTranslation();
  const title = useRef<HTMLHeadingElement>(null);
  // The form is gone; who reads by ear or by keyboard goes on here.
  useEffect(() => {
    title.current?.focus();
  }, []);
  return (
    <section className={styles.card} aria-labelledby="thanks-title">
      <h2 id="thanks-title" ref={title} tabIndex={-1} className={styles.thanks}>
        <span aria-hidden="true" className={styles.tick}>
          ✓
        </span>
        {t('portal.thanks', { number: received.number })}
      </h2>
      {received.joined_others && <p>{t('portal.joined')}</p>}
      {typeof received.notice === 'string' && <p>{received.notice}</p>}
      <div className={styles.codeBox}>
        <p>{t('portal.keepCode')}</p>
        <p className={styles.code} data-testid="code">
          {received.code}
        </p>
        <CopyButton text={received.code} label={t('portal.copy')} />
      </div>
      <div className={styles.row}>
        <Button
          tone="primary"
          onClick={() => {
            onFollow(received.code);
          }}
        >
          {t('portal.follow')}
        </Button>
        <Button onClick={onAnother}>{t('portal.another')}</Button>
      </div>
    </section>
  );
}
