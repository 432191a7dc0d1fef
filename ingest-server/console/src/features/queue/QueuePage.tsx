// The operator's page: the queue at the left, the chosen incident at the right.
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { usePrefetchedIncident } from '../../state/incidents';
import { useQueue } from '../../state/queue';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Blank } from '../../ui/Notice';
import { useKeys } from '../../ui/useKeys';
import { BulkBar } from '../bulk/BulkBar';
import { IncidentView } from '../incident/IncidentView';
import { FilterTabs } from './FilterTabs';
import { QueueList } from './QueueList';
import styles from './QueuePage.module.css';
import { RefreshBar } from './RefreshBar';
import { usePlace } from './place';
import { useMarks } from './useMarks';

export function QueuePage({ selected }: { selected: string | null }) {
  const { t } = useTranslation();
  const place = usePlace();
  const list = useRef<HTMLDivElement>(null);
  // New rows may appear by themselves only while nobody reads or points at the list.
  const [handsOn, setHandsOn] = useState(false);
  const mayMark = useRights().desk !== 'onlooker';
  const queue = useQueue(place.filter, selected !== null || handsOn ? 'hold' : 'insert');

  const ids = queue.rows.map((row) => row.incident.id);
  const at = selected === null ? -1 : ids.indexOf(selected);
  usePrefetchedIncident(ids[at + 1]);
  const step = (by: 1 | -1): void => {
    const next = at < 0 ? ids[0] : ids[at + by];
    if (next !== undefined) place.open(next);
    else if (by === 1 && queue.hasMore && !queue.loadingMore) queue.loadMore();
  };
  const goNext = (): void => {
    step(1);
  };
  const goBack = (): void => {
    step(-1);
  };
  const refresh = (): void => {
    // The new ones are on top, and were asked for.
    if (queue.waiting > 0) list.current?.scrollTo({ top: 0 });
    queue.refresh(selected);
  };
  const marks = useMarks();
  useKeys({
    J: goNext,
    K: goBack,
    N: refresh,
    X: () => {
      if (!mayMark) return;
      if (selected === null) marks.toggle();
      else marks.mark(selected);
    },
  });

  return (
    <div className={styles.page}>
      <section className={styles.queue} aria-labelledby="queue-title">
        <h1 id="queue-title" className="visually-hidden">
          {t('queue.title')}
        </h1>
        <FilterTabs
          filters={place.filters}
          filter={place.filter}
          onChoose={(filter) => {
            marks.clear();
            place.choose(filter);
          }}
        />
        <RefreshBar queue={queue} selected={selected} onRefresh={refresh} />
        <QueueList
          key={place.filter}
          box={list}
          queue={queue}
          selected={selected}
          hrefOf={place.hrefOf}
          marked={marks.on ? marks.marked : undefined}
          onMark={marks.mark}
          onHands={setHandsOn}
        />
        {marks.on ? (
          <BulkBar
            marked={queue.rows.flatMap(({ incident: { id, version } }) =>
              marks.marked.has(id) ? [{ id, version }] : [],
            )}
            onMarkAll={() => {
              marks.markAll(ids);
            }}
            onClear={marks.clear}
          />
        ) : null}
        {mayMark && (
          <Button tone="quiet" shortcut="X" aria-pressed={marks.on} onClick={marks.toggle}>
            {t(marks.on ? 'bulk.leave' : 'bulk.begin')}
          </Button>
        )}
      </section>
      <div className={styles.view}>
        {selected === null ? (
          <Blank title={t('queue.choose')} hint={t('queue.chooseHint')} />
        ) : (
          <IncidentView id={selected} onNext={goNext} onPrevious={goBack} />
        )}
      </div>
    </div>
  );
}
