// What is overdue: by unit, and one by one, those that wait longest first; one step for all that are marked.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { IncidentSummary } from '../../api/types';
import { incidentName, useNames } from '../../i18n/words';
import { useBulk, useOverdue } from '../../state/casework';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import { StateChip } from '../../ui/StateChip';
import { WorkMarks } from '../../ui/WorkMarks';
import styles from './OverduePage.module.css';

export function OverduePage() {
  const { t } = useTranslation();
  const query = useOverdue();
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const { items, units } = query.data;
  return (
    <div className={styles.page}>
      <h1>{t('overdue.title')}</h1>
      {items.length === 0 ? (
        <Blank title={t('overdue.none')} />
      ) : (
        <>
          <ul className={styles.units} aria-label={t('overdue.units')}>
            {units.map(({ unit, count }) => (
              <li key={unit ?? ''}>
                {unit ?? t('case.tray')}: <strong>{count}</strong>
              </li>
            ))}
          </ul>
          <List items={items} />
        </>
      )}
    </div>
  );
}

function List({ items }: { items: readonly IncidentSummary[] }) {
  const { t } = useTranslation();
  const name = useNames();
  const bulk = useBulk();
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const mark = (id: string): void => {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    setMarked(next);
  };
  const act = (action: string): void => {
    const chosen = items.filter((item) => marked.has(item.id));
    bulk.mutate({
      items: chosen.map(({ id, version }) => ({ id, version })),
      step: { action },
    });
    setMarked(new Set());
  };
  const refused = bulk.data?.items.filter((item) => item.code !== null && item.code !== undefined);
  return (
    <>
      <div className={styles.buttons}>
        {(['acknowledge', 'confirm', 'publish'] as const).map((action) => (
          <Button
            key={action}
            disabled={marked.size === 0 || bulk.isPending}
            onClick={() => {
              act(action);
            }}
          >
            {name('step', action)} ({marked.size})
          </Button>
        ))}
        <span role="status">
          {refused !== undefined &&
            t('overdue.done', {
              done: (bulk.data?.items.length ?? 0) - refused.length,
              refused: refused.length,
            })}
        </span>
      </div>
      <ul className={styles.list} aria-label={t('overdue.title')}>
        {items.map((incident) => (
          <li key={incident.id} className={styles.item}>
            <input
              type="checkbox"
              aria-label={t('incident.label', { number: incident.number })}
              checked={marked.has(incident.id)}
              onChange={() => {
                mark(incident.id);
              }}
            />
            <Link href={`/incidents/${incident.id}?filter=all`}>
              {t('incident.number', { number: incident.number })} · {incidentName(incident)}
            </Link>
            <StateChip state={incident.state} />
            <span>{name('stage', incident.due_stage ?? '')}</span>
            <span>{incident.lead_unit ?? t('case.tray')}</span>
            <WorkMarks incident={incident} />
          </li>
        ))}
      </ul>
    </>
  );
}
