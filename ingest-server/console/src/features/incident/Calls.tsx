// Whom to telephone about an urgent incident, and what came of it.
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
  onCalled: (call: string, outcome: CallOutcome) => void;
}

export function Calls({ calls, busy, onCalled }: Props) {
  const { t } = useTranslation();
  const name = useNames();
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
            {outcome === null ? (
              <span className={styles.buttons}>
                {OUTCOMES.map((word) => (
                  <Button
                    key={word}
                    disabled={busy}
                    onClick={() => {
                      onCalled(call.id, word);
                    }}
                  >
                    {name('callOutcome', word)}
                  </Button>
                ))}
              </span>
            ) : (
              <span className={styles.soft}>
                {name('callOutcome', outcome)} · {call.called_by}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
