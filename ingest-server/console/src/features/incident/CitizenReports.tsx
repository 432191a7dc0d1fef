// What citizens told of this incident: their words, pictures and rating under a pseudonym. Whom to call back is
// asked for with a purpose, written down by the server, and shown until the page is left.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { evidenceUrlOfCommand } from '../../api/endpoints';
import {
  PURPOSES,
  reportFileUrl,
  type CitizenFile,
  type CitizenFootage,
  type CitizenReport,
  type KeepingWish,
  type Purpose,
} from '../../api/reports';
import type { IncidentDetail } from '../../api/types';
import { coordinates, metres } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { useCommand } from '../../state/orders';
import { useContact, useKeeping, useServiceName } from '../../state/reports';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { useProblemWords } from '../../ui/Notice';
import styles from './CitizenReports.module.css';
import facts from './Facts.module.css';

export function CitizenReports({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const reports = incident.citizen_reports;
  if (reports.length === 0) return null;
  return (
    <section aria-labelledby="citizens-title">
      <h3 id="citizens-title" className={facts.title}>
        {t('citizens.title', { count: reports.length })}
      </h3>
      <ul className={styles.reports}>
        {reports.map((report) => (
          <Report key={report.id} incident={incident.id} report={report} />
        ))}
      </ul>
    </section>
  );
}

interface Props {
  incident: string;
  report: CitizenReport;
}

function Report({ incident, report }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const serviceName = useServiceName();
  const { may } = useRights();
  if (typeof report.erased_at === 'string') {
    return (
      <li className={styles.report}>
        <strong>{t('citizens.number', { number: report.number })}</strong>
        <span className={styles.soft}>
          {t('citizens.erased')} <Moment at={report.erased_at} as="exact" />
        </span>
      </li>
    );
  }
  const answers = answersOf(report.attributes);
  return (
    <li className={styles.report} data-report={report.id}>
      <span className={styles.head}>
        <strong>{t('citizens.number', { number: report.number })}</strong>
        <span>{serviceName(report.service)}</span>
      </span>
      <span className={styles.soft}>
        {name('reportChannel', report.channel)}
        {typeof report.filed_by === 'string' &&
          ` · ${t('citizens.filedBy', { who: report.filed_by })}`}{' '}
        · <Moment at={report.received} />
      </span>
      <span className={styles.soft}>
        {typeof report.reporter === 'string'
          ? t('citizens.reporter', { who: report.reporter })
          : t('citizens.nobody')}
      </span>
      {report.description !== '' && <p className={styles.words}>{report.description}</p>}
      {answers.map(([question, answer]) => (
        <span key={question} className={styles.soft}>
          {question}: {answer}
        </span>
      ))}
      {typeof report.address === 'string' && <span>{report.address}</span>}
      {typeof report.lat === 'number' && typeof report.lon === 'number' && (
        <span className={styles.soft}>
          {coordinates({ lat: report.lat, lon: report.lon })}
          {typeof report.uncertainty_m === 'number' &&
            ` (${t('incident.uncertainty', { metres: metres(report.uncertainty_m) })})`}
        </span>
      )}
      <Files report={report} />
      {report.footage.map((asked) => (
        <Footage key={`${asked.agent}/${asked.camera}`} asked={asked} />
      ))}
      {typeof report.rating === 'string' && (
        <span>
          {t('citizens.rating')}: <strong>{name('rating', report.rating)}</strong>
          {typeof report.rating_note === 'string' && ` · ${report.rating_note}`}
        </span>
      )}
      {may('see_contacts') && typeof report.anonymised_at !== 'string' && (
        <Contact report={report.id} />
      )}
      {typeof report.anonymised_at === 'string' && (
        <span className={styles.soft}>
          {t('citizens.anonymised')} <Moment at={report.anonymised_at} as="exact" />
        </span>
      )}
      {may('erase_contacts') && <Keeping incident={incident} report={report} />}
    </li>
  );
}

/** Answers to the questions of the kind of report, as they were given. */
function answersOf(attributes: object): [string, string][] {
  return Object.entries(attributes).map(([code, value]: [string, unknown]) => [
    code,
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
}

function Files({ report }: { report: CitizenReport }) {
  if (report.files.length === 0) return null;
  return (
    <ul className={styles.files}>
      {report.files.map((file) => (
        <li key={file.id}>
          <Picture url={reportFileUrl(report.id, file.id)} file={file} number={report.number} />
        </li>
      ))}
    </ul>
  );
}

function Picture({ url, file, number }: { url: string; file: CitizenFile; number: number }) {
  const { t } = useTranslation();
  const label = t('citizens.picture', { number });
  const [failed, setFailed] = useState(false);
  const fail = (): void => {
    setFailed(true);
  };
  if (failed) return <span className={styles.soft}>{t('citizens.masked')}</span>;
  return (
    <>
      {file.mime.startsWith('video/') ? (
        <video src={url} controls muted playsInline aria-label={label} onError={fail} />
      ) : (
        <a href={url} target="_blank" rel="noreferrer">
          <img src={url} alt={label} loading="lazy" onError={fail} />
        </a>
      )}
      {typeof file.taken_at === 'string' && (
        <span className={styles.soft}>{t('citizens.taken', { at: file.taken_at })}</span>
      )}
      {typeof file.taken_lat === 'number' && typeof file.taken_lon === 'number' && (
        <span className={styles.soft}>
          {coordinates({ lat: file.taken_lat, lon: file.taken_lon })}
        </span>
      )}
    </>
  );
}

/** A camera that was asked for what it holds, and what it gave. */
function Footage({ asked }: { asked: CitizenFootage }) {
  const { t } = useTranslation();
  const name = useNames();
  const { may } = useRights();
  const command = useCommand(may('see_orders') ? (asked.command ?? null) : null).data;
  const where = t('citizens.camera', {
    camera: asked.camera,
    metres: metres(asked.distance_m),
  });
  if (typeof asked.refused === 'string') {
    return <span className={styles.soft}>{`${where}: ${asked.refused}`}</span>;
  }
  return (
    <span className={styles.soft}>
      {where}
      {command !== undefined && `: ${name('commandState', command.state)}`}{' '}
      {command?.evidence
        .filter((piece) => piece.state === 'stored')
        .map((piece) => (
          <a
            key={piece.id}
            href={evidenceUrlOfCommand(command.id, piece.id)}
            target="_blank"
            rel="noreferrer"
          >
            {name('evidence', piece.kind)}
          </a>
        ))}
    </span>
  );
}

function Contact({ report }: { report: string }) {
  const { t } = useTranslation();
  const name = useNames();
  const problemWords = useProblemWords();
  const contact = useContact(report);
  const [asking, setAsking] = useState(false);
  const [purpose, setPurpose] = useState<Purpose | ''>('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (purpose !== '') contact.mutate(purpose);
  };
  if (contact.data !== undefined) {
    const { name: who, phone, email, account } = contact.data;
    const known = [who, email, account].filter((part) => typeof part === 'string');
    return (
      <p className={styles.contact} role="status">
        {known.join(' · ')} {typeof phone === 'string' && <a href={`tel:${phone}`}>{phone}</a>}
        {known.length === 0 && typeof phone !== 'string' && t('citizens.noContact')}
        <span className={styles.soft}>{t('citizens.logged')}</span>
      </p>
    );
  }
  if (!asking) {
    return (
      <span>
        <Button
          onClick={() => {
            setAsking(true);
          }}
        >
          {t('citizens.showContact')}
        </Button>
      </span>
    );
  }
  return (
    <form className={styles.ask} aria-label={t('citizens.showContact')} onSubmit={submit}>
      <label className={styles.field}>
        {t('citizens.purpose')}
        <select
          required
          value={purpose}
          onChange={(event) => {
            setPurpose(event.target.value as Purpose | '');
          }}
        >
          <option value="">{t('portal.choose')}</option>
          {PURPOSES.map((word) => (
            <option key={word} value={word}>
              {name('purpose', word)}
            </option>
          ))}
        </select>
      </label>
      <span className={styles.head}>
        <Button type="submit" tone="primary" disabled={purpose === '' || contact.isPending}>
          {t('citizens.look')}
        </Button>
        <Button
          onClick={() => {
            setAsking(false);
          }}
        >
          {t('app.cancel')}
        </Button>
      </span>
      <p className={styles.fault} role="alert">
        {contact.isError && problemWords(contact.error)}
      </p>
    </form>
  );
}

/** Held by law, made nameless, or erased: each with its reason, none by one press. */
function Keeping({ incident, report }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const keeping = useKeeping(incident, report.id);
  const [reason, setReason] = useState('');
  const held = typeof report.hold === 'string';
  const words = reason.trim();
  const press = (wish: KeepingWish): void => {
    keeping.mutate(wish, {
      onSuccess: () => {
        setReason('');
      },
    });
  };
  return (
    <details className={styles.keeping}>
      <summary>{t(held ? 'citizens.held' : 'citizens.keeping')}</summary>
      {held && <p>{report.hold}</p>}
      <label className={styles.field}>
        {t('citizens.reason')}
        <input
          value={reason}
          maxLength={500}
          onChange={(event) => {
            setReason(event.target.value);
          }}
        />
      </label>
      <span className={styles.head}>
        {held ? (
          <Button
            disabled={keeping.isPending}
            onClick={() => {
              press({ verb: 'letGo' });
            }}
          >
            {t('citizens.letGo')}
          </Button>
        ) : (
          <>
            <Button
              disabled={words === '' || keeping.isPending}
              onClick={() => {
                press({ verb: 'hold', reason: words });
              }}
            >
              {t('citizens.hold')}
            </Button>
            {typeof report.anonymised_at !== 'string' && (
              <Button
                disabled={words === '' || keeping.isPending}
                onClick={() => {
                  press({ verb: 'anonymise', reason: words });
                }}
              >
                {t('citizens.anonymise')}
              </Button>
            )}
            <Button
              tone="bad"
              disabled={words === '' || keeping.isPending}
              onClick={() => {
                press({ verb: 'erase', reason: words });
              }}
            >
              {t('citizens.erase')}
            </Button>
          </>
        )}
      </span>
      <p className={styles.fault} role="alert">
        {keeping.isError && problemWords(keeping.error)}
      </p>
    </details>
  );
}
