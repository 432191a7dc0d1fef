// Why an incident is rejected: a digit chooses, Enter sends, Escape leaves.
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { RejectReason } from '../../api/types';
import { Button } from '../../ui/Button';
import { useKeys } from '../../ui/useKeys';
import styles from './RejectPanel.module.css';

const REASONS: readonly RejectReason[] = [
  'false_detection',
  'not_eligible',
  'outside_remit',
  'abuse',
  'duplicate',
];

interface Props {
  sending: boolean;
  onReject: (reason: RejectReason, note: string) => void;
  onCancel: () => void;
}

export function RejectPanel({ sending, onReject, onCancel }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<RejectReason | null>(null);
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const buttons = useRef<HTMLDivElement>(null);

  // Enter then rejects, wherever the focus was.
  const focusSubmit = (): void => {
    buttons.current?.querySelector('button')?.focus();
  };
  useEffect(focusSubmit, []);

  const choose = (chosen: RejectReason): void => {
    setReason(chosen);
    setMissing(false);
    focusSubmit();
  };
  const digits = REASONS.map(
    (each, index) =>
      [
        `${index + 1}`,
        () => {
          choose(each);
        },
      ] as const,
  );
  useKeys({ ...Object.fromEntries(digits), Escape: onCancel });

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setMissing(reason === null);
    if (reason !== null && !sending) onReject(reason, note);
  };

  return (
    <form className={styles.panel} aria-label={t('decide.rejectTitle')} onSubmit={submit}>
      <fieldset className={styles.reasons}>
        <legend className={styles.title}>{t('decide.rejectTitle')}</legend>
        {REASONS.map((each, index) => (
          <label key={each} className={styles.reason}>
            <input
              type="radio"
              name="reason"
              value={each}
              checked={reason === each}
              onChange={() => {
                setReason(each);
                setMissing(false);
              }}
            />
            <kbd aria-hidden="true">{index + 1}</kbd>
            {t(`rejectReason.${each}`)}
          </label>
        ))}
      </fieldset>
      <label className={styles.note}>
        {t('decide.note')}
        <input
          value={note}
          maxLength={500}
          onChange={(event) => {
            setNote(event.target.value);
          }}
        />
      </label>
      <div className={styles.buttons} ref={buttons}>
        <Button type="submit" tone="bad" shortcut="Enter" disabled={sending}>
          {t('decide.rejectSubmit')}
        </Button>
        <Button shortcut="Escape" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <p className={styles.missing} role="alert">
          {missing && t('decide.chooseReason')}
        </p>
      </div>
    </form>
  );
}
