// Who did what to the incident, when and why; the newest first.
import { useTranslation } from 'react-i18next';

import type { HistoryEntry, IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import { Moment } from '../../ui/Moment';
import styles from './History.module.css';

export function History({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="history-title">
      <h3 id="history-title" className={styles.title}>
        {t('incident.history')}
      </h3>
      {incident.history.length === 0 ? (
        <p className={styles.soft}>{t('incident.historyEmpty')}</p>
      ) : (
        <ol className={styles.entries}>
          {incident.history.toReversed().map((entry) => (
            <Entry key={`${entry.at} ${entry.action}`} entry={entry} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** The group of the catalogue that names the reasons of an action. */
function reasonsOf(action: string) {
  switch (action) {
    case 'open':
      return 'openReason';
    case 'reject':
      return 'rejectReason';
    case 'pause':
      return 'pauseReason';
    case 'set_urgency':
      return 'urgency';
    default:
      return 'caseReason';
  }
}

function Entry({ entry }: { entry: HistoryEntry }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <li className={styles.entry}>
      <span className={styles.action}>{name('action', entry.action)}</span>
      <span className={styles.soft}>
        {name('actor', entry.actor)} · <Moment at={entry.at} as="exact" />
      </span>
      {typeof entry.reason === 'string' && (
        <span>{t('incident.reason', { reason: name(reasonsOf(entry.action), entry.reason) })}</span>
      )}
      {typeof entry.note === 'string' && <span className={styles.note}>{entry.note}</span>}
    </li>
  );
}
