// What is overdue: by unit, and one by one, those that wait longest first; one step for all that are marked.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { IncidentSummary } from '../../api/types';
import { incidentName, useNames } from '../../i18n/words';
import { useOverdue, useUnitName } from '../../state/casework';
import { useRights } from '../../state/rights';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import { SeverityLabel } from '../../ui/SeverityMark';
import { StateChip } from '../../ui/StateChip';
import { BulkBar } from '../bulk/BulkBar';
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
  if (items.length === 0) return <Blank title={t('overdue.none')} />;
  return <List items={items} units={units} />;
}

interface Props {
  items: readonly IncidentSummary[];
  units: readonly { unit?: string | null; count: number }[];
}

function List({ items, units }: Props) {
  const { t } = useTranslation();
  const unitName = useUnitName();
  const { desk } = useRights();
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const clear = (): void => {
    setMarked(new Set());
  };
  return (
    <div className={styles.page}>
      <div className={styles.scroll} role="region" aria-labelledby="overdue-title" tabIndex={0}>
        <h1 id="overdue-title">{t('overdue.title')}</h1>
        {units.length > 0 && (
          <ul className={styles.units} aria-label={t('overdue.units')}>
            {units.map(({ unit, count }) => (
              <li key={unit ?? ''}>
                {typeof unit === 'string' ? unitName(unit) : t('case.tray')}:{' '}
                <strong>{count}</strong>
              </li>
            ))}
          </ul>
        )}
        <Table
          items={items}
          marked={desk === 'onlooker' ? null : marked}
          onMark={(id) => {
            const next = new Set(marked);
            if (!next.delete(id)) next.add(id);
            setMarked(next);
          }}
        />
      </div>
      <BulkBar
        marked={items.flatMap(({ id, version }) => (marked.has(id) ? [{ id, version }] : []))}
        onMarkAll={() => {
          setMarked(new Set(items.map(({ id }) => id)));
        }}
        onClear={clear}
      />
    </div>
  );
}

interface TableProps {
  items: readonly IncidentSummary[];
  /** Absent where nothing can be done with many. */
  marked: ReadonlySet<string> | null;
  onMark: (id: string) => void;
}

function Table({ items, marked, onMark }: TableProps) {
  const { t } = useTranslation();
  const name = useNames();
  const unitName = useUnitName();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {marked !== null && (
            <th scope="col">
              <span className="visually-hidden">{t('bulk.begin')}</span>
            </th>
          )}
          <th scope="col">{t('overdue.incident')}</th>
          <th scope="col">{t('case.state')}</th>
          <th scope="col">{t('overdue.stage')}</th>
          <th scope="col">{t('case.overdueSince')}</th>
          <th scope="col">{t('case.unit')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((incident) => (
          <tr key={incident.id}>
            {marked !== null && (
              <td>
                <input
                  type="checkbox"
                  className={styles.mark}
                  aria-label={t('incident.label', { number: incident.number })}
                  checked={marked.has(incident.id)}
                  onChange={() => {
                    onMark(incident.id);
                  }}
                />
              </td>
            )}
            <th scope="row">
              <Link href={`/incidents/${incident.id}?filter=all`}>
                {t('incident.number', { number: incident.number })} · {incidentName(incident)}
              </Link>
              <SeverityLabel severity={incident.severity} />
            </th>
            <td>
              <StateChip state={incident.state} />
              {incident.urgency === 'urgent' && (
                <strong className={styles.late}>{t('case.urgent')}</strong>
              )}
            </td>
            <td>{name('stage', incident.due_stage ?? '')}</td>
            <td className={styles.late}>
              {typeof incident.due_at === 'string' && <Moment at={incident.due_at} as="stack" />}
            </td>
            <td>
              {typeof incident.lead_unit === 'string'
                ? unitName(incident.lead_unit)
                : t('case.tray')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
