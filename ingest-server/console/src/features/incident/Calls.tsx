// Whom to telephone about an urgent incident, and what came of it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { CallOutcome, PhoneCall } from '../../api/types';
import { useNames } from '../../i18n/words';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { cx } from '../../ui/cx';
import styles from './CasePanel.module.css';

const OUTCOMES: readonly CallOutcome[] = ['reached', 'no_answer', 'wrong_number', 'refused'];

interface Props {
  calls: readonly PhoneCall[];
  busy: boolean;
  mayCall: boolean;
  /** `reached` is who answered; empty where nobody was named. */
  onCalled: (call: string, outcome: CallOutcome, reached: string) => void;
}

export function Calls({ calls, busy, mayCall, onCalled }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const [reached, setReached] = useState('');
  if (calls.length === 0) return null;
  return (
    <ul className={styles.calls} aria-label={t('case.calls')}>
      {calls.map((call) => {
        const outcome = call.outcome ?? null;
        return (
          <li key={call.id} className={cx(styles.call, outcome !== null && styles.made)}>
            <span>
              {t('case.call', { contact: name('contact', call.contact) })}{' '}
              <Moment at={call.due_at} />
            </span>
            {outcome === null && !mayCall && (
              <span className={styles.soft}>{t('case.callOpen')}</span>
            )}
            {outcome === null && mayCall && (
              <span className={styles.buttons}>
                <input
                  className={styles.reached}
                  aria-label={t('case.reached')}
                  placeholder={t('case.reached')}
                  maxLength={100}
                  value={reached}
                  onChange={(event) => {
                    setReached(event.target.value);
                  }}
                />
                {OUTCOMES.map((word) => (
                  <Button
                    key={word}
                    disabled={busy}
                    onClick={() => {
                      onCalled(call.id, word, reached.trim());
                    }}
                  >
                    {name('callOutcome', word)}
                  </Button>
                ))}
              </span>
            )}
            {outcome !== null && (
              <span className={styles.soft}>
                {[name('callOutcome', outcome), call.reached, call.called_by]
                  .filter((part) => typeof part === 'string')
                  .join(' · ')}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
