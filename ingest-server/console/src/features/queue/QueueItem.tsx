// One row of the queue: what, how bad, where, when, and the picture.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { evidenceUrl } from '../../api/endpoints';
import { incidentName, useNames } from '../../i18n/words';
import { cameraName } from '../../state/cameras';
import type { QueueRow } from '../../state/queue';
import { Moment } from '../../ui/Moment';
import { SeverityMark } from '../../ui/SeverityMark';
import { StateChip } from '../../ui/StateChip';
import { WorkMarks } from '../../ui/WorkMarks';
import { cx } from '../../ui/cx';
import styles from './QueueItem.module.css';

/** A row among those that something is done with at once. */
export interface Mark {
  on: boolean;
  onToggle: () => void;
}

interface Props {
  row: QueueRow;
  href: string;
  selected: boolean;
  /** Absent while nothing is marked in this list. */
  mark: Mark | undefined;
}

export function QueueItem({ row: { incident, handled }, href, selected, mark }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const item = useRef<HTMLLIElement>(null);

  useEffect(() => {
    if (selected) item.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  return (
    <li
      ref={item}
      className={cx(styles.item, mark !== undefined && styles.marking)}
      data-incident={incident.id}
    >
      {mark !== undefined && (
        <input
          type="checkbox"
          className={styles.mark}
          aria-label={t('incident.label', { number: incident.number })}
          checked={mark.on}
          onChange={mark.onToggle}
        />
      )}
      <Link
        href={href}
        className={cx(
          styles.row,
          incident.event_count === 0 && styles.told,
          selected && styles.selected,
          handled && styles.handled,
        )}
        aria-current={selected ? 'true' : undefined}
      >
        <span className={styles.text}>
          <span className={styles.title}>
            <SeverityMark severity={incident.severity} />
            <span className={styles.name}>{incidentName(incident)}</span>
          </span>
          <span className={styles.where}>
            {incident.event_count > 0
              ? cameraName(incident.camera)
              : t('queue.citizens', { count: incident.citizen_count })}
          </span>
          <span className={styles.when}>
            <Moment at={incident.occurred.start} />
          </span>
          <span className={styles.tags}>
            <StateChip state={incident.state} />
            <span className={styles.severity}>{name('severity', incident.severity)}</span>
            <WorkMarks incident={incident} />
            {incident.event_count > 1 && (
              <span title={t('queue.sightings', { count: incident.event_count })}>
                {`×${incident.event_count}`}
              </span>
            )}
          </span>
        </span>
        {incident.event_count > 0 && (
          <Thumbnail incident={incident.id} still={incident.still ?? null} />
        )}
      </Link>
    </li>
  );
}

/** The still, small; its box is there before the picture is, so that no row changes its height. */
function Thumbnail({ incident, still }: { incident: string; still: string | null }) {
  return (
    <span className={styles.thumbnail}>
      {still !== null && (
        <img src={evidenceUrl(incident, still)} alt="" loading="lazy" decoding="async" />
      )}
    </span>
  );
}
