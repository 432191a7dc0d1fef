// How an incident is worked, in a list: urgent, due or overdue, held by whom, set aside.
import { useTranslation } from 'react-i18next';

import type { IncidentSummary } from '../api/types';
import { useNames } from '../i18n/words';
import { useUnitName } from '../state/casework';
import { standingOf, useWarn } from '../state/deadline';
import { useNow } from '../state/now';
import { Moment } from './Moment';
import { cx } from './cx';
import styles from './WorkMarks.module.css';

export function WorkMarks({ incident }: { incident: IncidentSummary }) {
  const { t } = useTranslation();
  const name = useNames();
  const now = useNow();
  const due = incident.due_at ?? null;
  const stage = incident.due_stage ?? '';
  const warn = useWarn();
  const unitName = useUnitName();
  const standing =
    due === null ? 'in_time' : standingOf(due, warn(due, stage, incident.urgency), now);
  return (
    <>
      {incident.urgency === 'urgent' && <span className={styles.urgent}>{t('case.urgent')}</span>}
      {due !== null && (
        <span
          className={cx(standing !== 'in_time' && styles[standing])}
          title={name('stage', stage)}
        >
          {t(standing === 'late' ? 'case.overdueSince' : 'case.due')} <Moment at={due} />
        </span>
      )}
      {typeof incident.lead_unit === 'string' && <span>{unitName(incident.lead_unit)}</span>}
      {incident.claimed_by !== null && incident.claimed_by !== undefined && (
        <span>{t('case.heldBy', { who: incident.claimed_by })}</span>
      )}
      {incident.shelved_until !== null && incident.shelved_until !== undefined && (
        <span>{t('case.shelved')}</span>
      )}
    </>
  );
}
