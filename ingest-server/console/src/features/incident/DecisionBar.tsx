// The operator's verbs, by button and by key. The bar keeps its place and height; the reasons for a
// rejection open above it, over the facts, and the picture stays in sight.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { IncidentDetail } from '../../api/types';
import { useCase } from '../../state/casework';
import { isConflict, useDecision } from '../../state/incidents';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { useProblemText } from '../../ui/Notice';
import { useKeys } from '../../ui/useKeys';
import styles from './DecisionBar.module.css';
import { RejectPanel } from './RejectPanel';

interface Props {
  incident: IncidentDetail;
  onNext: () => void;
  onPrevious: () => void;
}

export function DecisionBar({ incident, onNext, onPrevious }: Props) {
  const { t } = useTranslation();
  const decision = useDecision(incident.id);
  const [rejecting, setRejecting] = useState(false);

  const { state, version } = incident;
  const fresh = state === 'new' || state === 'eligible';
  const open = fresh || state === 'acknowledged';
  const onlooker = useRights().desk === 'onlooker';
  const idle = !decision.isPending && !onlooker;
  // A citizen's report is first found eligible: then the life of the case does not offer these yet.
  const offered = useCase(incident.id).data;
  // What is offered and what is on the screen must be of one version: after a step, one of them comes first.
  const isOffered = (step: string): boolean =>
    offered === undefined ||
    (offered.version === incident.version && offered.next_steps.includes(step));
  const canAcknowledge = fresh && idle && isOffered('acknowledge');
  const canConfirm = open && idle && isOffered('confirm');
  const canReject = open && idle && isOffered('reject');
  const acknowledge = (): void => {
    if (canAcknowledge) decision.mutate({ verb: 'acknowledge', version });
  };
  const confirm = (): void => {
    if (canConfirm) decision.mutate({ verb: 'confirm', version });
  };
  const startReject = (): void => {
    if (canReject) setRejecting(true);
  };
  useKeys({ A: acknowledge, C: confirm, F: startReject }, !rejecting);

  return (
    <section className={styles.bar} aria-label={t('decide.label')}>
      {rejecting && open && (
        <RejectPanel
          sending={decision.isPending}
          onCancel={() => {
            setRejecting(false);
          }}
          onReject={(reason, note) => {
            decision.mutate(
              { verb: 'reject', version, reason, note },
              {
                onSettled: () => {
                  setRejecting(false);
                },
              },
            );
          }}
        />
      )}
      <div className={styles.verbs}>
        <Button shortcut="A" disabled={!canAcknowledge} onClick={acknowledge}>
          {t('decide.acknowledge')}
        </Button>
        <Button tone="good" shortcut="C" disabled={!canConfirm} onClick={confirm}>
          {t('decide.confirm')}
        </Button>
        <Button
          tone="bad"
          shortcut="F"
          disabled={!canReject}
          aria-expanded={rejecting}
          onClick={startReject}
        >
          {t('decide.reject')}
        </Button>
      </div>
      {onlooker ? (
        <p className={styles.outcome}>{t('decide.onlooker')}</p>
      ) : (
        <Outcome incident={incident} decision={decision} />
      )}
      <div className={styles.verbs}>
        <Button tone="quiet" shortcut="K" onClick={onPrevious}>
          {t('decide.previous')}
        </Button>
        <Button tone="quiet" shortcut="J" onClick={onNext}>
          {t('decide.next')}
        </Button>
      </div>
    </section>
  );
}

const DONE = {
  acknowledge: 'decide.doneAcknowledged',
  confirm: 'decide.doneConfirmed',
  reject: 'decide.doneRejected',
} as const;

interface OutcomeProps {
  incident: IncidentDetail;
  decision: ReturnType<typeof useDecision>;
}

/** What became of the last decision, in words. */
function Outcome({ incident, decision }: OutcomeProps) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  if (decision.isError) {
    const words = [problemText(decision.error)];
    if (isConflict(decision.error)) words.push(t('decide.refreshed'));
    return (
      <>
        <span className={styles.outcome} />
        <p className={styles.fault} role="alert">
          {words.join(' ')}
        </p>
      </>
    );
  }
  const decided = incident.state === 'confirmed' || incident.state === 'rejected';
  const words = decision.isPending
    ? t('decide.sending')
    : decision.isSuccess
      ? t(DONE[decision.variables.verb])
      : decided && t('decide.closed');
  return (
    <p className={styles.outcome} role="status">
      {words}
    </p>
  );
}
