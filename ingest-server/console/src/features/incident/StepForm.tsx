// What belongs to a step: a reason, a unit, a day, words. Enter sends, Escape leaves.
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { StepWish } from '../../api/endpoints';
import { useNames } from '../../i18n/words';
import { useUnits } from '../../state/casework';
import { Button } from '../../ui/Button';
import { useKeys } from '../../ui/useKeys';
import styles from './CasePanel.module.css';

/** The reasons that a step may give. */
const REASONS: Partial<Record<string, readonly string[]>> = {
  mark_not_eligible: [
    'outside_remit',
    'not_enough_to_go_on',
    'under_way_elsewhere',
    'not_a_field_matter',
    'abuse',
  ],
  return: ['not_our_area', 'not_our_matter', 'not_enough_to_go_on', 'conflict_of_interest'],
  close_unresolved: ['not_found', 'no_legal_basis', 'beyond_means', 'private_matter', 'withdrawn'],
  reopen: ['not_fixed', 'came_back', 'wrong_answer', 'new_evidence', 'mistake'],
};
/** What an answer may say besides that it is done. */
const NOT_DONE = ['not_found', 'no_legal_basis', 'beyond_means', 'private_matter'] as const;
/** Steps that name a unit. */
const WITH_UNIT: readonly string[] = ['route', 'pass_down'];
/** Steps that owe somebody words. */
const WITH_NOTE: readonly string[] = [
  'mark_not_eligible',
  'return',
  'answer',
  'send_back',
  'close_unresolved',
  'defer',
  'reopen',
  'shelve',
];

interface Props {
  action: string;
  sending: boolean;
  onSend: (step: StepWish) => void;
  onCancel: () => void;
}

export function StepForm({ action, sending, onSend, onCancel }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const units = useUnits();
  const reasons = REASONS[action];
  const [reason, setReason] = useState(reasons?.[0] ?? '');
  const [unit, setUnit] = useState('');
  const [day, setDay] = useState('');
  const [note, setNote] = useState('');
  useKeys({ Escape: onCancel });

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (sending) return;
    onSend({
      action,
      ...(reason !== '' && { reason }),
      ...(unit !== '' && { unit }),
      ...(day !== '' && { day }),
      ...(note.trim() !== '' && { note: note.trim() }),
    });
  };

  return (
    <form className={styles.form} aria-label={name('step', action)} onSubmit={submit}>
      {reasons !== undefined && (
        <Choice label={t('case.reason')} value={reason} onChange={setReason}>
          {reasons.map((word) => (
            <option key={word} value={word}>
              {name('caseReason', word)}
            </option>
          ))}
        </Choice>
      )}
      {action === 'answer' && (
        <Choice label={t('case.outcome')} value={reason} onChange={setReason}>
          <option value="">{name('caseReason', 'done')}</option>
          {NOT_DONE.map((word) => (
            <option key={word} value={word}>
              {name('caseReason', word)}
            </option>
          ))}
        </Choice>
      )}
      {WITH_UNIT.includes(action) && (
        <Choice label={t('case.unit')} value={unit} onChange={setUnit}>
          <option value="">{t('case.chooseUnit')}</option>
          {units.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </Choice>
      )}
      {action === 'defer' && (
        <label className={styles.field}>
          {t('case.day')}
          <input
            type="date"
            required
            value={day}
            onChange={(event) => {
              setDay(event.target.value);
            }}
          />
        </label>
      )}
      <label className={styles.field}>
        {t(WITH_NOTE.includes(action) ? 'case.noteNeeded' : 'case.note')}
        <input
          value={note}
          maxLength={2000}
          required={WITH_NOTE.includes(action)}
          onChange={(event) => {
            setNote(event.target.value);
          }}
        />
      </label>
      <div className={styles.buttons}>
        <Button
          type="submit"
          tone="primary"
          shortcut="Enter"
          disabled={sending || (WITH_UNIT.includes(action) && unit === '')}
        >
          {name('step', action)}
        </Button>
        <Button shortcut="Escape" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
      </div>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Choice({ label, value, onChange, children }: ChoiceProps) {
  return (
    <label className={styles.field}>
      {label}
      <select
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      >
        {children}
      </select>
    </label>
  );
}
