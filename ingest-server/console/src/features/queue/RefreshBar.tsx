// What waits to be shown and what is done: one bar of one height, so that nothing moves when a
// number appears in it. It also tells a screen reader and the browser's tab of new incidents.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import type { Queue } from '../../state/queue';
import { cx } from '../../ui/cx';
import styles from './RefreshBar.module.css';

interface Props {
  queue: Queue;
  /** The open incident, whose row stays even when it is handled. */
  selected: string | null;
  onRefresh: () => void;
}

export function RefreshBar({ queue, selected, onRefresh }: Props) {
  const { t } = useTranslation();
  const done = queue.rows.filter((row) => row.handled && row.incident.id !== selected).length;
  const { waiting } = queue;
  const stale = waiting > 0 || done > 0;

  useEffect(() => {
    const name = t('app.name');
    document.title = waiting > 0 ? `(${waiting}) ${name}` : name;
    return () => {
      document.title = name;
    };
  }, [waiting, t]);

  const parts = [
    waiting > 0 && t('queue.fresh', { count: waiting }),
    done > 0 && t('queue.done', { count: done }),
  ].filter((part) => part !== false);
  const count = queue.rows.length;
  const calm = t(queue.hasMore ? 'queue.shownMore' : 'queue.shown', { count });

  return (
    <div className={cx(styles.bar, waiting > 0 && styles.fresh)}>
      <span className="visually-hidden" aria-live="polite">
        {waiting > 0 && t('queue.announce', { count: waiting })}
      </span>
      <span className={styles.text} data-testid="queue-news">
        {stale ? parts.join(' · ') : calm}
      </span>
      {stale && (
        <button
          type="button"
          className={styles.button}
          aria-label={t('queue.refresh')}
          aria-keyshortcuts="N"
          onClick={onRefresh}
        >
          {t('queue.refreshShort')} <kbd aria-hidden="true">N</kbd>
        </button>
      )}
    </div>
  );
}
