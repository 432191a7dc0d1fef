// One incident: its proof where the eye is, the facts beside it, the decision below it.
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import type { IncidentDetail } from '../../api/types';
import { incidentName, useNames } from '../../i18n/words';
import { useIncident } from '../../state/incidents';
import { useRights } from '../../state/rights';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import { SeverityLabel } from '../../ui/SeverityMark';
import { StateChip } from '../../ui/StateChip';
import { CasePanel } from './CasePanel';
import { CitizenReports } from './CitizenReports';
import { CitizenStage } from './CitizenStage';
import { DecisionBar } from './DecisionBar';
import { EvidenceStage } from './EvidenceStage';
import { Deliveries } from './Deliveries';
import { Details, Facts } from './Facts';
import { History } from './History';
import { Merging } from './Merging';
import { Seals } from './Seal';
import { UnitBar } from './UnitBar';
import styles from './IncidentView.module.css';

/** The map library is the heaviest part; it comes with the first incident, not with the log-in. */
const IncidentMap = lazy(() => import('../map/IncidentMap'));

interface Props {
  id: string;
  onNext: () => void;
  onPrevious: () => void;
}

export function IncidentView({ id, onNext, onPrevious }: Props) {
  const { t } = useTranslation();
  const query = useIncident(id);
  const rights = useRights();
  if (query.data === undefined) {
    return query.isError ? (
      <>
        <Failure error={query.error} onRetry={() => void query.refetch()} />
        <Blank title={t('incident.missing')} />
      </>
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const incident = query.data;
  // Where no camera speaks of it, what people said is the proof.
  const told = incident.event_count === 0;
  // Once there is an answer, it is what one looks for first.
  const answered = incident.history.some((entry) => entry.action === 'answer');
  const Bar = rights.desk === 'unit' ? UnitBar : DecisionBar;
  return (
    <article className={styles.view} aria-label={t('incident.label', { number: incident.number })}>
      <Heading incident={incident} />
      <div className={styles.body}>
        {told ? (
          <CitizenStage key={incident.id} incident={incident} />
        ) : (
          <EvidenceStage key={incident.id} incident={incident} />
        )}
        <div className={styles.side}>
          <Facts incident={incident} />
          {told && !answered && (
            <CitizenReports key={`reports ${incident.id}`} incident={incident} />
          )}
          <CasePanel key={`case ${incident.id}`} incident={incident} />
          {/* One map for all incidents: a new WebGL context for each would cost a second. */}
          <div className={styles.map}>
            <Suspense fallback={null}>
              <IncidentMap incident={incident} />
            </Suspense>
          </div>
          {(!told || answered) && (
            <CitizenReports key={`reports ${incident.id}`} incident={incident} />
          )}
          <Seals key={incident.id} incident={incident} />
          <Merging key={`merging ${incident.id}`} incident={incident} />
          <Deliveries key={`deliveries ${incident.id}`} incident={incident} />
          <History incident={incident} />
          <Details incident={incident} />
        </div>
      </div>
      <Bar key={incident.id} incident={incident} onNext={onNext} onPrevious={onPrevious} />
    </article>
  );
}

function Heading({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <header className={styles.heading}>
      <h2 className={styles.title}>{incidentName(incident)}</h2>
      <div className={styles.tags}>
        <SeverityLabel severity={incident.severity} />
        <StateChip state={incident.state} />
        <span>
          {incident.camera_phase
            ? name('phase', incident.camera_phase)
            : t('incident.toldByCitizens')}
        </span>
        <span>{t('incident.number', { number: incident.number })}</span>
        <Moment at={incident.occurred.start} />
      </div>
    </header>
  );
}
