// One thing done with all that are marked: by button, with what it needs asked in place, told how many it was done
// with and why not with the others, and taken back as one.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { StepWish } from '../../api/endpoints';
import { refusalName, useNames } from '../../i18n/words';
import { useBulk, type BulkOutcome, type Seen } from '../../state/bulk';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { useProblemWords } from '../../ui/Notice';
import { StepForm } from '../incident/StepForm';
import { isTakenAtOnce } from '../incident/steps';
import styles from './BulkBar.module.css';

/** What a desk does with many at once. */
const CENTRE = ['acknowledge', 'confirm', 'reject', 'route', 'publish', 'shelve'] as const;
const UNIT = ['accept', 'start', 'answer', 'approve'] as const;
/** These two need nothing either, once they are meant for many. */
const PRESSED: readonly string[] = ['acknowledge', 'confirm', 'publish'];
const SHELF_MINUTES = 60;

interface Props {
  marked: readonly Seen[];
  /** Marks all that are shown, or none. */
  onMarkAll: (() => void) | undefined;
  onClear: () => void;
}

export function BulkBar({ marked, onMarkAll, onClear }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const problemWords = useProblemWords();
  const { desk } = useRights();
  const bulk = useBulk();
  const [form, setForm] = useState<string | null>(null);
  if (desk === 'onlooker') return null;
  const none = marked.length === 0;
  const outcome = bulk.data;
  const wish = bulk.variables;
  const settle = {
    onSuccess: () => {
      setForm(null);
      onClear();
    },
  };
  const take = (step: StepWish): void => {
    if (step.action === 'shelve') {
      const why = step.note ?? '';
      bulk.mutate({ kind: 'shelve', items: marked, minutes: SHELF_MINUTES, why }, settle);
    } else {
      bulk.mutate({ kind: 'step', items: marked, step }, settle);
    }
  };
  return (
    <section className={styles.bar} aria-label={t('bulk.label')}>
      <div className={styles.line}>
        <strong>{t('bulk.marked', { count: marked.length })}</strong>
        {onMarkAll !== undefined && (
          <Button tone="quiet" onClick={onMarkAll}>
            {t('bulk.all')}
          </Button>
        )}
        <Button tone="quiet" disabled={none} onClick={onClear}>
          {t('bulk.none')}
        </Button>
      </div>
      <div className={styles.line}>
        {(desk === 'unit' ? UNIT : CENTRE).map((action) => (
          <Button
            key={action}
            disabled={none || bulk.isPending}
            onClick={() => {
              if (isTakenAtOnce(action) || PRESSED.includes(action)) take({ action });
              else setForm(action);
            }}
          >
            {name('step', action)}
          </Button>
        ))}
      </div>
      {form !== null && !none && (
        <StepForm
          key={form}
          action={form}
          sending={bulk.isPending}
          onSend={take}
          onCancel={() => {
            setForm(null);
          }}
        />
      )}
      {bulk.isError && (
        <p className={styles.fault} role="alert">
          {problemWords(bulk.error)}
        </p>
      )}
      <div className={styles.line} role="status">
        {bulk.isPending && t('decide.sending')}
        {outcome !== undefined && <Outcome outcome={outcome} />}
        {outcome !== undefined && wish?.kind === 'step' && outcome.done.length > 0 && (
          <Button
            onClick={() => {
              bulk.mutate({ kind: 'undo', items: outcome.done });
            }}
          >
            {t('bulk.undo')}
          </Button>
        )}
      </div>
    </section>
  );
}

function Outcome({ outcome }: { outcome: BulkOutcome }) {
  const { t } = useTranslation();
  const refused = [...outcome.refused].map(
    ([word, count]) => `${count} × ${refusalName(word).replace(/\.$/, '')}`,
  );
  return (
    <span>
      {t('bulk.done', { count: outcome.done.length })}
      {refused.length > 0 && ` ${t('bulk.refused', { why: refused.join('; ') })}`}
    </span>
  );
}
