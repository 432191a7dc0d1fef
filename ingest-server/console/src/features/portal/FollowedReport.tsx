// A report as its reporter sees it: where it stands, what was answered, what they sent; rated, opened again, taken back.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import {
  ownFileUrl,
  rateReport,
  reopenReport,
  withdrawReport,
  type Followed,
  type Rating,
  type ReopenReason,
} from '../../api/portal';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { Failure } from '../../ui/Notice';
import { cx } from '../../ui/cx';
import { Field } from '../report/Field';
import { isOver, pathOf } from './path';
import styles from './Portal.module.css';

const RATINGS: readonly Rating[] = ['satisfied', 'accepts', 'dissatisfied'];
const SIGNS: Record<Rating, string> = { satisfied: '😊', accepts: '😐', dissatisfied: '😟' };
const REASONS: readonly ReopenReason[] = ['not_fixed', 'came_back', 'wrong_answer', 'new_evidence'];

interface Props {
  code: string;
  report: Followed;
  onChange: (report: Followed) => void;
}

export function FollowedReport({ code, report, onChange }: Props) {
  const { t } = useTranslation();
  if (report.erased) {
    return (
      <section className={styles.card}>
        <h2>{t('portal.followed', { number: report.number, service: report.service })}</h2>
        <p>{t('portal.erased')}</p>
      </section>
    );
  }
  return (
    <>
      <section className={styles.card} aria-labelledby="followed-title">
        <h2 id="followed-title">
          {t('portal.followed', { number: report.number, service: report.service })}
        </h2>
        <Way stage={report.stage} />
        <Due report={report} />
        <Told report={report} />
      </section>
      {report.may_rate && <Rate code={code} report={report} onChange={onChange} />}
      {report.may_rate && <Reopen code={code} onChange={onChange} />}
      <section className={styles.card} aria-labelledby="own-title">
        <h2 id="own-title">{t('portal.own')}</h2>
        {report.description !== '' && <p className={styles.words}>{report.description}</p>}
        {typeof report.address === 'string' && <p className={styles.soft}>{report.address}</p>}
        <p className={styles.soft}>
          {t('portal.sentAt')} <Moment at={report.received} as="exact" /> ·{' '}
          {t('portal.reporters', { count: report.reporters })}
        </p>
        {report.files.length > 0 && (
          <ul className={styles.pictures}>
            {report.files.map((file) => (
              <li key={file}>
                <OwnFile url={ownFileUrl(code, file)} />
              </li>
            ))}
          </ul>
        )}
        <Withdraw
          code={code}
          onGone={() => {
            onChange({ ...report, erased: true });
          }}
        />
      </section>
    </>
  );
}

function Way({ stage }: { stage: string }) {
  const { t } = useTranslation();
  return (
    <ol className={styles.way} aria-label={t('portal.way')}>
      {pathOf(stage).map((step) => (
        <li
          key={step.stage}
          className={cx(styles.step, styles[step.standing])}
          aria-current={step.standing === 'current' ? 'step' : undefined}
        >
          <span aria-hidden="true" className={styles.dot}>
            {step.standing === 'passed' ? '✓' : ''}
          </span>
          {t(`portal.stage.${step.stage}`)}
        </li>
      ))}
    </ol>
  );
}

function Due({ report }: { report: Followed }) {
  const { t } = useTranslation();
  if (isOver(report.stage) || typeof report.expected !== 'string') return null;
  return (
    <p className={styles.soft}>
      {t('portal.expected')} <Moment at={report.expected} as="exact" />
    </p>
  );
}

/** What happened, the newest first: the answer is what one came for. */
function Told({ report }: { report: Followed }) {
  const { t } = useTranslation();
  if (report.history.length === 0) return null;
  return (
    <ol className={styles.told} aria-label={t('portal.told')}>
      {report.history.toReversed().map((step) => (
        <li key={`${step.at} ${step.stage} ${step.text ?? ''}`}>
          <span>
            <strong>{t(`portal.stage.${step.stage as 'received'}`)}</strong>{' '}
            <span className={styles.soft}>
              <Moment at={step.at} as="exact" />
            </span>
          </span>
          {typeof step.text === 'string' && <p className={styles.answer}>{step.text}</p>}
        </li>
      ))}
    </ol>
  );
}

/** A picture, or a film where it is none. */
function OwnFile({ url }: { url: string }) {
  const { t } = useTranslation();
  const [film, setFilm] = useState(false);
  return film ? (
    <video src={url} controls muted playsInline aria-label={t('portal.ownFilm')} />
  ) : (
    <img
      src={url}
      alt={t('portal.ownPicture')}
      onError={() => {
        setFilm(true);
      }}
    />
  );
}

function Rate({ code, report, onChange }: Props) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const { busy, error, run } = useChange(onChange);
  const rating = report.rating ?? null;
  return (
    <section className={styles.card} aria-labelledby="rate-title">
      <h2 id="rate-title">{t('portal.rate')}</h2>
      <Field label={t('portal.noteOptional')}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => {
              setNote(event.target.value);
            }}
          />
        )}
      </Field>
      <div className={styles.ratings}>
        {RATINGS.map((each) => (
          <Button
            key={each}
            tone={rating === each ? 'primary' : 'plain'}
            aria-pressed={rating === each}
            disabled={busy}
            onClick={() => {
              run(rateReport(code, each, note.trim()));
            }}
          >
            <span aria-hidden="true">{SIGNS[each]}</span> {t(`portal.rating.${each}`)}
          </Button>
        ))}
      </div>
      <p role="status">{rating !== null && error === null && t('portal.rated')}</p>
      {error !== null && <Failure error={error} />}
    </section>
  );
}

function Reopen({ code, onChange }: Pick<Props, 'code' | 'onChange'>) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<ReopenReason>('not_fixed');
  const [note, setNote] = useState('');
  const { busy, error, run } = useChange(onChange);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    run(reopenReport(code, reason, note.trim()));
  };
  return (
    <details className={styles.card}>
      <summary>{t('portal.notOver')}</summary>
      <form className={styles.form} onSubmit={submit}>
        <Field label={t('portal.reopenWhy')}>
          {(control) => (
            <select
              {...control}
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
          )}
        </Field>
        <Field label={t('portal.reopenNote')}>
          {(control) => (
            <textarea
              {...control}
              rows={3}
              required
              maxLength={2000}
              value={note}
              onChange={(event) => {
                setNote(event.target.value);
              }}
            />
          )}
        </Field>
        <Button type="submit" tone="bad" disabled={busy || note.trim() === ''}>
          {t('portal.reopen')}
        </Button>
        {error !== null && <Failure error={error} />}
      </form>
    </details>
  );
}

function Withdraw({ code, onGone }: { code: string; onGone: () => void }) {
  const { t } = useTranslation();
  const { busy, error, run } = useChange(onGone);
  return (
    <details className={styles.withdraw}>
      <summary>{t('portal.withdraw')}</summary>
      <p className={styles.soft}>{t('portal.withdrawWhat')}</p>
      <Button
        tone="bad"
        disabled={busy}
        onClick={() => {
          run(withdrawReport(code));
        }}
      >
        {t('portal.withdrawNow')}
      </Button>
      {error !== null && <Failure error={error} />}
    </details>
  );
}

/** Runs one change at a time, and tells what came of it. */
function useChange<T>(onDone: (value: T) => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const run = (pending: Promise<T>): void => {
    setBusy(true);
    setError(null);
    pending
      .then(onDone, (failure: unknown) => {
        setError(failure instanceof Error ? failure : new Error('unexpected'));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  return { busy, error, run };
}
