// How an incident is worked, in a list: urgent, due or overdue, held by whom, set aside.
import { useTranslation } from 'react-i18next';

import type { IncidentSummary } from '../api/types';
import { useNames } from '../i18n/words';
import { useNow } from '../state/now';
import { Moment } from './Moment';
import { cx } from './cx';
import styles from './WorkMarks.module.css';

export function WorkMarks({ incident }: { incident: IncidentSummary }) {
  const { t } = useTranslation();
  const name = useNames();
  const now = useNow();
  const due = incident.due_at ?? null;
  const late = due !== null && new Date(due) <= now;
  return (
    <>
      {incident.urgency === 'urgent' && <span className={styles.urgent}>{t('case.urgent')}</span>}
      {due !== null && (
        <span className={cx(late && styles.late)} title={name('stage', incident.due_stage ?? '')}>
          {t(late ? 'case.overdueSince' : 'case.due')} <Moment at={due} />
        </span>
      )}
      {incident.claimed_by !== null && incident.claimed_by !== undefined && (
        <span>{t('case.heldBy', { who: incident.claimed_by })}</span>
      )}
      {incident.shelved_until !== null && incident.shelved_until !== undefined && (
        <span>{t('case.shelved')}</span>
      )}
    </>
  );
}
