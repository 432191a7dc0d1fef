// How the incident's reports came together: suggestions to answer, the reasons with their weights,
// and what people merged or split, to be undone.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { ApiProblem } from '../../api/problem';
import type { IncidentDetail, MergeDecision, MergeFinding, MergeStep } from '../../api/types';
import { localTime } from '../../i18n/format';
import { incidentName, useNames } from '../../i18n/words';
import { useMergeTargets, useMerging } from '../../state/merging';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import facts from './Facts.module.css';
import styles from './Merging.module.css';

export function Merging({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const send = useMerging(incident.id);
  const { inside, decisions, steps } = incident.merging;
  const mayMerge = useRights().may('merge');
  const isInside = inside !== null && inside !== undefined;
  if (decisions.length === 0 && steps.length === 0 && !mayMerge) return null;
  const { version } = incident;
  const witnesses = incident.events.length + incident.citizen_reports.length;
  const movable = mayMerge && witnesses > 1;
  return (
    <section aria-labelledby="merge-title">
      <h3 id="merge-title" className={facts.title}>
        {t('merge.title')}
      </h3>
      {isInside && <p>{t('merge.inside', { number: inside.number })}</p>}
      <ul className={styles.list}>
        {decisions.map((decision) => (
          <Decision
            key={decision.id}
            decision={decision}
            here={incident.id}
            busy={send.isPending || !mayMerge}
            onAnswer={(verb) => {
              send.mutate({ verb, version, suggestion: decision.id });
            }}
            onUnlink={
              movable && isLinkedHere(incident, decision)
                ? () => {
                    send.mutate({ verb: 'split', version, reports: [decision.report] });
                  }
                : undefined
            }
          />
        ))}
        {steps.map((step) => (
          <Step
            key={step.id}
            step={step}
            busy={send.isPending || !mayMerge}
            onUndo={() => {
              send.mutate({ verb: 'undo-merge', version, step: step.id });
            }}
          />
        ))}
      </ul>
      {mayMerge && !isInside && (
        <MergeInto
          incident={incident}
          busy={send.isPending}
          onMerge={(into) => {
            send.mutate({ verb: 'merge', version, into });
          }}
        />
      )}
      <p className={styles.failure} role="alert">
        {send.error !== null && problemWords(send.error)}
      </p>
    </section>
  );
}

interface MergeIntoProps {
  incident: IncidentDetail;
  busy: boolean;
  onMerge: (into: string) => void;
}

/** Merging by hand, where nothing suggested it: nothing is asked for before somebody opens it. */
function MergeInto({ incident, busy, onMerge }: MergeIntoProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [into, setInto] = useState('');
  const targets = useMergeTargets(incident, open);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (into !== '') onMerge(into);
  };
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{t('merge.byHand')}</summary>
      <form className={styles.byHand} onSubmit={submit}>
        <label>
          {t('merge.into')}
          <select
            value={into}
            onChange={(event) => {
              setInto(event.target.value);
            }}
          >
            <option value="">{t(targets.isPending ? 'app.loading' : 'portal.choose')}</option>
            {targets.data?.map((other) => (
              <option key={other.id} value={other.id}>
                {t('incident.number', { number: other.number })} · {incidentName(other)} ·{' '}
                {localTime(new Date(other.occurred.start), new Date())}
              </option>
            ))}
          </select>
        </label>
        <Button type="submit" disabled={busy || into === ''}>
          {t('merge.do')}
        </Button>
      </form>
    </details>
  );
}

function isLinkedHere(incident: IncidentDetail, decision: MergeDecision): boolean {
  return (
    decision.verdict === 'linked' &&
    (incident.events.some((event) => event.event_id === decision.report) ||
      incident.citizen_reports.some((report) => report.id === decision.report))
  );
}

interface DecisionProps {
  decision: MergeDecision;
  here: string;
  busy: boolean;
  onAnswer: (verb: 'accept-suggestion' | 'decline-suggestion') => void;
  onUnlink: (() => void) | undefined;
}

function Decision({ decision, here, busy, onAnswer, onUnlink }: DecisionProps) {
  const { t } = useTranslation();
  const name = useNames();
  const other = decision.candidate?.id === here ? decision.incident : decision.candidate;
  const said = {
    number: other?.number ?? '?',
    percent: Math.round((decision.probability ?? 0) * 100),
  };
  const answer = decision.answer ?? null;
  const asks = decision.verdict === 'suggested' && answer === null;
  return (
    <li className={styles.entry}>
      <span className={styles.verdict}>
        {t(VERDICTS[decision.verdict] ?? 'merge.weighed', said)}
      </span>
      <Reasons prior={decision.prior_bits ?? 0} findings={decision.findings} />
      {answer !== null && (
        <span className={styles.soft}>
          {t('merge.answered', { answer: name('mergeAnswer', answer), who: decision.answered_by })}
        </span>
      )}
      {asks && (
        <span className={styles.buttons}>
          <Button
            disabled={busy}
            onClick={() => {
              onAnswer('accept-suggestion');
            }}
          >
            {t('merge.accept')}
          </Button>
          <Button
            disabled={busy}
            onClick={() => {
              onAnswer('decline-suggestion');
            }}
          >
            {t('merge.decline')}
          </Button>
        </span>
      )}
      {onUnlink !== undefined && answer === null && (
        <Button disabled={busy} onClick={onUnlink}>
          {t('merge.unlink')}
        </Button>
      )}
    </li>
  );
}

/** Every reason with its weight: a bar to the right speaks for one incident, to the left for two. */
function Reasons({ prior, findings }: { prior: number; findings: readonly MergeFinding[] }) {
  const { t } = useTranslation();
  const all: MergeFinding[] = [{ level: 'prior', bits: prior, measured: null }, ...findings];
  return (
    <details>
      <summary>{t('merge.why')}</summary>
      <ul className={styles.reasons}>
        {all.map((finding) => (
          <Reason key={finding.level} finding={finding} />
        ))}
      </ul>
    </details>
  );
}

function Reason({ finding }: { finding: MergeFinding }) {
  const { t } = useTranslation();
  const name = useNames();
  const measured = finding.measured ?? null;
  const unit = measuredIn(finding.level);
  const value = unit === 'merge.likeness' ? measured?.toFixed(2) : Math.round(measured ?? 0);
  return (
    <li className={styles.reason}>
      <span>
        {name('mergeLevel', finding.level)}
        {measured !== null && ` (${t(unit, { value })})`}
      </span>
      <meter min={-12} max={12} low={0} high={0} optimum={12} value={finding.bits} />
      <span className={styles.bits}>{t('merge.bits', { bits: finding.bits.toFixed(1) })}</span>
    </li>
  );
}

interface StepProps {
  step: MergeStep;
  busy: boolean;
  onUndo: () => void;
}

function Step({ step, busy, onUndo }: StepProps) {
  const { t } = useTranslation();
  const numbers = { from: step.from?.number ?? '?', to: step.to?.number ?? '?' };
  const undone = step.undone_by ?? null;
  return (
    <li className={styles.entry}>
      <span>{step.verb === 'merge' ? t('merge.merged', numbers) : t('merge.split', numbers)}</span>
      {undone === null ? (
        <Button disabled={busy} onClick={onUndo}>
          {t('merge.undo')}
        </Button>
      ) : (
        <span className={styles.soft}>{t('merge.undone', { who: undone })}</span>
      )}
    </li>
  );
}

/** What is said of a verdict; any other is a weighing that led to nothing. */
const VERDICTS: Partial<Record<string, 'merge.linked' | 'merge.suggestion' | 'merge.recurrence'>> =
  {
    linked: 'merge.linked',
    suggested: 'merge.suggestion',
    recurrence: 'merge.recurrence',
  };

/** What was measured, in its unit. */
function measuredIn(level: string): 'merge.metres' | 'merge.seconds' | 'merge.likeness' {
  if (level.startsWith('space')) return 'merge.metres';
  return level.startsWith('time') ? 'merge.seconds' : 'merge.likeness';
}

function problemWords(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message;
  return [error.title, error.detail].filter((part) => part !== null).join(' ');
}
