// A unit's verbs, by button and by digit: take it, begin, answer; its leader's: approve, send back. What a step needs
// besides is asked above the bar, over the facts, and the picture stays in sight.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { StepWish } from '../../api/endpoints';
import type { IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import { useCase, useCaseWish } from '../../state/casework';
import { isConflict } from '../../state/incidents';
import { Button } from '../../ui/Button';
import { useProblemWords } from '../../ui/Notice';
import { useKeys } from '../../ui/useKeys';
import bar from './DecisionBar.module.css';
import { StepForm } from './StepForm';
import { inOrder, isTakenAtOnce } from './steps';
import styles from './UnitBar.module.css';

interface Props {
  incident: IncidentDetail;
  onNext: () => void;
  onPrevious: () => void;
}

export function UnitBar({ incident, onNext, onPrevious }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const it = useCase(incident.id).data;
  const send = useCaseWish(incident.id);
  const [form, setForm] = useState<string | null>(null);
  const steps = inOrder(it?.next_steps ?? []);
  const take = (step: StepWish): void => {
    if (it === undefined || send.isPending) return;
    send.mutate(
      { kind: 'step', version: it.version, step },
      {
        onSuccess: () => {
          setForm((open) => (open === step.action ? null : open));
        },
      },
    );
  };
  const begin = (action: string): void => {
    if (isTakenAtOnce(action)) take({ action });
    else setForm(action);
  };
  const digits = steps.map(
    (action, index) =>
      [
        `${index + 1}`,
        () => {
          begin(action);
        },
      ] as const,
  );
  useKeys(Object.fromEntries(digits), form === null);

  return (
    <section className={bar.bar} aria-label={t('decide.label')}>
      {form !== null && steps.includes(form) && (
        <div className={styles.over}>
          <StepForm
            key={form}
            action={form}
            sending={send.isPending}
            onSend={take}
            onCancel={() => {
              setForm(null);
            }}
          />
        </div>
      )}
      <div className={bar.verbs}>
        {steps.map((action, index) => (
          <Button
            key={action}
            tone={index === 0 ? 'primary' : 'plain'}
            shortcut={`${index + 1}`}
            disabled={send.isPending}
            aria-expanded={isTakenAtOnce(action) ? undefined : form === action}
            onClick={() => {
              begin(action);
            }}
          >
            {name('step', action)}
          </Button>
        ))}
      </div>
      <Outcome send={send} nothing={it !== undefined && steps.length === 0} />
      <div className={bar.verbs}>
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

interface OutcomeProps {
  send: ReturnType<typeof useCaseWish>;
  /** Whether this desk can do nothing with the incident now. */
  nothing: boolean;
}

function Outcome({ send, nothing }: OutcomeProps) {
  const { t } = useTranslation();
  const name = useNames();
  const problemWords = useProblemWords();
  if (send.isError) {
    const words = [problemWords(send.error)];
    if (isConflict(send.error)) words.push(t('decide.refreshed'));
    return (
      <>
        <span className={bar.outcome} />
        <p className={bar.fault} role="alert">
          {words.join(' ')}
        </p>
      </>
    );
  }
  const wish = send.variables;
  const done = send.isSuccess && wish?.kind === 'step' ? name('step', wish.step.action) : null;
  return (
    <p className={bar.outcome} role="status">
      {send.isPending && t('decide.sending')}
      {done !== null && t('decide.doneStep', { step: done })}
      {done === null && nothing && t('decide.notYours')}
    </p>
  );
}
