// A report followed by its code: where it stands, what happened, rating and reopening.
import { useCallback, useEffect, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import {
  followReport,
  rateReport,
  reopenReport,
  type Followed,
  type Rating,
  type ReopenReason,
} from '../../api/portal';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { Failure } from '../../ui/Notice';
import styles from './Portal.module.css';

const RATINGS: readonly Rating[] = ['satisfied', 'accepts', 'dissatisfied'];
const REASONS: readonly ReopenReason[] = ['not_fixed', 'came_back', 'wrong_answer', 'new_evidence'];

export function Follow({ code }: { code: string }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(code);
  const [report, setReport] = useState<Followed | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [note, setNote] = useState('');
  const [reason, setReason] = useState<ReopenReason>('not_fixed');

  const show = useCallback((pending: Promise<Followed>): void => {
    pending.then(
      (followed) => {
        setReport(followed);
        setError(null);
      },
      (failure: unknown) => {
        setError(failure instanceof Error ? failure : new Error('unexpected'));
      },
    );
  }, []);

  useEffect(() => {
    if (code !== '') show(followReport(code));
  }, [code, show]);

  const look = (event: SubmitEvent): void => {
    event.preventDefault();
    show(followReport(typed.trim()));
  };

  return (
    <section className={styles.card}>
      <form className={styles.row} onSubmit={look}>
        <label className={styles.field}>
          {t('portal.code')}
          <input
            name="code"
            value={typed}
            autoCapitalize="characters"
            spellCheck={false}
            onChange={(event) => {
              setTyped(event.target.value);
            }}
          />
        </label>
        <Button type="submit">{t('portal.look')}</Button>
      </form>
      {error !== null && <Failure error={error} />}
      {report !== null && (
        <>
          <h2>{t('portal.followed', { number: report.number, service: report.service })}</h2>
          <p>
            {t(`portal.stage.${report.stage as 'received'}`)}
            {' · '}
            {t('portal.reporters', { count: report.reporters })}
          </p>
          {report.description !== '' && <p>{report.description}</p>}
          <ol className={styles.list}>
            {report.history.map((step) => (
              <li key={`${step.at}${step.stage}`}>
                <Moment at={step.at} /> {t(`portal.stage.${step.stage as 'received'}`)}
                {step.text !== null && step.text !== undefined && `: ${step.text}`}
              </li>
            ))}
          </ol>
          {report.may_rate && (
            <fieldset className={styles.card}>
              <legend>{t('portal.rate')}</legend>
              <label className={styles.field}>
                {t('portal.note')}
                <textarea
                  rows={2}
                  maxLength={2000}
                  value={note}
                  onChange={(event) => {
                    setNote(event.target.value);
                  }}
                />
              </label>
              <div className={styles.row}>
                {RATINGS.map((rating) => (
                  <Button
                    key={rating}
                    tone={report.rating === rating ? 'primary' : 'plain'}
                    aria-pressed={report.rating === rating}
                    onClick={() => {
                      show(rateReport(typed.trim(), rating, note));
                    }}
                  >
                    {t(`portal.rating.${rating}`)}
                  </Button>
                ))}
              </div>
              <div className={styles.row}>
                <label className={styles.field}>
                  {t('portal.reopenWhy')}
                  <select
                    value={reason}
                    onChange={(event) => {
                      setReason(event.target.value as ReopenReason);
                    }}
                  >
                    {REASONS.map((one) => (
                      <option key={one} value={one}>
                        {t(`portal.reason.${one}`)}
                      </option>
                    ))}
                  </select>
                </label>
                <Button
                  tone="bad"
                  disabled={note.trim() === ''}
                  onClick={() => {
                    show(reopenReport(typed.trim(), reason, note));
                  }}
                >
                  {t('portal.reopen')}
                </Button>
              </div>
            </fieldset>
          )}
        </>
      )}
    </section>
  );
}
