// The rows of the queue, and what stands in their place while there are none.
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import type { Queue } from '../../state/queue';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import styles from './QueueList.module.css';
import { QueueItem } from './QueueItem';
import { useHands } from './useHands';

interface Props {
  /** The element that scrolls. */
  box: RefObject<HTMLDivElement | null>;
  queue: Queue;
  selected: string | null;
  hrefOf: (id: string) => string;
  /** The marked rows; absent while nothing is marked. */
  marked: ReadonlySet<string> | undefined;
  onMark: (id: string) => void;
  /** Says whether the operator points at, stands in or has scrolled the list. */
  onHands: (on: boolean) => void;
}

export function QueueList({ box, onHands, ...content }: Props) {
  const { t } = useTranslation();
  const { queue } = content;
  useHands(box, onHands);
  return (
    <div ref={box} className={styles.box}>
      <Content {...content} />
      {queue.hasMore && (
        <div className={styles.more}>
          <Button disabled={queue.loadingMore} onClick={queue.loadMore}>
            {queue.loadingMore ? t('queue.loadingMore') : t('queue.loadMore')}
          </Button>
        </div>
      )}
    </div>
  );
}

function Content({ queue, selected, hrefOf, marked, onMark }: Omit<Props, 'box' | 'onHands'>) {
  const { t } = useTranslation();
  if (queue.rows.length === 0) {
    if (queue.error) return <Failure error={queue.error} onRetry={queue.retry} />;
    if (queue.status === 'pending') return <Blank title={t('app.loading')} />;
    return <Blank title={t('queue.empty')} hint={t('queue.emptyHint')} />;
  }
  return (
    <ol aria-label={t('queue.list')}>
      {queue.rows.map((row) => (
        <QueueItem
          key={row.incident.id}
          row={row}
          href={hrefOf(row.incident.id)}
          selected={row.incident.id === selected}
          mark={
            marked && {
              on: marked.has(row.incident.id),
              onToggle: () => {
                onMark(row.incident.id);
              },
            }
          }
        />
      ))}
    </ol>
  );
}
