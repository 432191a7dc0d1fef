// What belongs to a step: a reason, a unit, a day, words. Enter sends, Escape leaves.
import { useEffect, useRef, useState, type ReactNode, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { StepWish } from '../../api/endpoints';
import { useNames } from '../../i18n/words';
import { unitsBelow, useUnits, type Unit } from '../../state/casework';
import { useOwnUnit } from '../../state/rights';
import { Button } from '../../ui/Button';
import { useKeys } from '../../ui/useKeys';
import styles from './CasePanel.module.css';
import { needsOf, reasonSent } from './steps';

interface Props {
  action: string;
  sending: boolean;
  onSend: (step: StepWish) => void;
  onCancel: () => void;
}

export function StepForm({ action, sending, onSend, onCancel }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const all = useUnits();
  const own = useOwnUnit();
  // Handing down goes down; everything else goes anywhere.
  const units = action === 'pass_down' && own !== null ? unitsBelow(all, own) : all;
  const needs = needsOf(action);
  const [reason, setReason] = useState(needs.reasons[0] ?? '');
  const [unit, setUnit] = useState('');
  const [supporting, setSupporting] = useState<readonly string[]>([]);
  const [day, setDay] = useState('');
  const [note, setNote] = useState('');
  useKeys({ Escape: onCancel });

  // The form was asked for by a key: the next key belongs to it.
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('select, input, textarea')?.focus();
  }, []);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const missing = needs.unit === 'needed' && unit === '';
    if (sending || missing) return;
    const sent = reasonSent(action, reason);
    const helpers = supporting.filter((id) => id !== unit);
    onSend({
      action,
      ...(sent !== undefined && { reason: sent }),
      ...(unit !== '' && { unit }),
      ...(helpers.length > 0 && { supporting: helpers }),
      ...(day !== '' && { day }),
      ...(note.trim() !== '' && { note: note.trim() }),
    });
  };

  return (
    <form ref={form} className={styles.form} aria-label={name('step', action)} onSubmit={submit}>
      {needs.reasons.length > 0 && (
        <Choice
          label={t(action === 'answer' ? 'case.outcome' : 'case.reason')}
          value={reason}
          onChange={setReason}
        >
          {needs.reasons.map((word) => (
            <option key={word} value={word}>
              {name(needs.reasonsIn, word)}
            </option>
          ))}
        </Choice>
      )}
      {needs.unit !== 'none' && (
        <Choice label={t('case.unit')} value={unit} onChange={setUnit}>
          <option value="">{t(needs.unit === 'needed' ? 'case.chooseUnit' : 'case.noUnit')}</option>
          {units.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </Choice>
      )}
      {needs.supporting === 'optional' && units.length > 1 && (
        <Helpers
          units={units.filter(({ id }) => id !== unit)}
          chosen={supporting}
          onChange={setSupporting}
        />
      )}
      {needs.day === 'needed' && (
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
        {t(needs.note === 'needed' ? 'case.noteNeeded' : 'case.note')}
        <input
          value={note}
          maxLength={2000}
          required={needs.note === 'needed'}
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
          disabled={sending || (needs.unit === 'needed' && unit === '')}
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

interface HelpersProps {
  units: readonly Unit[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

function Helpers({ units, chosen, onChange }: HelpersProps) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>{t('case.helpers', { count: chosen.length })}</summary>
      <ul className={styles.helpers}>
        {units.map(({ id, name }) => (
          <li key={id}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(id)}
                onChange={(event) => {
                  onChange(
                    event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id),
                  );
                }}
              />{' '}
              {name}
            </label>
          </li>
        ))}
      </ul>
    </details>
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
