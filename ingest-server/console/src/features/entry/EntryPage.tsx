// Somebody called, wrote or came: staff writes it down while they speak. What is near is offered at once, so that the
// call joins the incident it is about; the number and the code are read out at the end.
import { useEffect, useRef, useState, type ChangeEvent, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Received, ReportWords } from '../../api/portal';
import { faultsOf, type FieldFault } from '../../api/problem';
import { useNames } from '../../i18n/words';
import { cameraName, useCameras } from '../../state/cameras';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import { Attachments } from '../report/Attachments';
import { Field, FIELDS, faultsAt } from '../report/Field';
import { NearbyChoice } from '../report/NearbyChoice';
import { ServiceChoice, instantOf } from '../report/ServiceChoice';
import { useReport, type Report } from '../report/useReport';
import styles from './EntryPage.module.css';
import { parsePlace } from './place';

const CHANNELS = ['phone', 'sms', 'email', 'social'] as const satisfies readonly NonNullable<
  ReportWords['channel']
>[];
/** How far off a place may be that somebody describes and staff finds on a map; metres. */
const TOLD_M = 50;

export function EntryPage() {
  const { t } = useTranslation();
  const [form, setForm] = useState(0);
  if (!useRights().may('enter_reports')) {
    return <Blank title={t('app.notAllowed')} hint={t('entry.notAllowed')} />;
  }
  return (
    <div className={styles.page} role="region" aria-labelledby="entry-title" tabIndex={0}>
      <h1 id="entry-title">{t('entry.title')}</h1>
      <EntryForm
        key={form}
        onNext={() => {
          setForm(form + 1);
        }}
      />
    </div>
  );
}

function EntryForm({ onNext }: { onNext: () => void }) {
  const { t } = useTranslation();
  const name = useNames();
  const report = useReport('staff');
  const { error } = report;
  const [channel, setChannel] = useState<(typeof CHANNELS)[number]>('phone');
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  if (report.received !== null) {
    return <Taken received={report.received} joined={report.joined !== null} onNext={onNext} />;
  }

  const mend = (event: ChangeEvent<HTMLFormElement>): void => {
    const changed: unknown = event.target;
    if (!(changed instanceof HTMLInputElement || changed instanceof HTMLTextAreaElement)) return;
    report.mend(...(FIELDS[changed.name] ?? [changed.name]));
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (key: string): string | null => {
      const value = data.get(key);
      return typeof value === 'string' && value.trim() !== '' ? value : null;
    };
    const occurred = text('occurred');
    report.send({
      channel,
      description: text('description'),
      address: text('address'),
      ...(occurred !== null && { occurred: instantOf(occurred) }),
      contact: { name: text('name'), phone: text('phone'), email: text('email') },
    });
  };

  const { faults } = report;
  return (
    <form ref={form} className={styles.form} onSubmit={submit} onChange={mend} noValidate>
      <section className={styles.column} aria-label={t('portal.what')}>
        <fieldset className={styles.channels}>
          <legend>{t('entry.channel')}</legend>
          {CHANNELS.map((word) => (
            <label key={word}>
              <input
                type="radio"
                name="channel"
                checked={channel === word}
                onChange={() => {
                  setChannel(word);
                }}
              />{' '}
              {name('reportChannel', word)}
            </label>
          ))}
        </fieldset>
        <ServiceChoice report={report} faults={faults} />
        <Field label={t('portal.description')} faults={faultsAt(faults, 'description')}>
          {(control) => <textarea {...control} name="description" rows={6} maxLength={4000} />}
        </Field>
        <Attachments report={report} faults={faultsAt(faults, 'file', 'files')} />
      </section>
      <section className={styles.column} aria-label={t('portal.where')}>
        <Where report={report} faults={faults} />
        <Field
          label={t('entry.occurred')}
          hint={t('entry.occurredHint')}
          faults={faultsAt(faults, 'occurred')}
        >
          {(control) => <input {...control} name="occurred" type="datetime-local" />}
        </Field>
        <NearbyChoice report={report} />
      </section>
      <section className={styles.column} aria-label={t('entry.caller')}>
        <h2>{t('entry.caller')}</h2>
        <p className={styles.soft}>{t('entry.callerWhy')}</p>
        <Field label={t('portal.name')} faults={faultsAt(faults, 'contact.name')}>
          {(control) => <input {...control} name="name" autoComplete="off" />}
        </Field>
        <Field label={t('portal.phone')} faults={faultsAt(faults, 'contact.phone')}>
          {(control) => <input {...control} name="phone" type="tel" autoComplete="off" />}
        </Field>
        <Field label={t('portal.email')} faults={faultsAt(faults, 'contact.email')}>
          {(control) => <input {...control} name="email" type="email" autoComplete="off" />}
        </Field>
        {error !== null && faultsOf(error).length === 0 && <Failure error={error} />}
        {faults.length > 0 && (
          <p className={styles.fault} role="alert">
            {t('portal.mend')}
          </p>
        )}
        <Button type="submit" tone="primary" disabled={report.sending}>
          {t(report.sending ? 'portal.sending' : report.joined ? 'entry.join' : 'entry.send')}
        </Button>
      </section>
    </form>
  );
}

/** By words, by a place on the map of whoever types, or by a camera nearby. */
function Where({ report, faults }: { report: Report; faults: readonly FieldFault[] }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const cameras = (useCameras().data ?? []).filter((camera) => camera.place?.type === 'point');
  const unreadable = typed.trim() !== '' && parsePlace(typed) === null;
  const change = (text: string): void => {
    setTyped(text);
    const place = parsePlace(text);
    report.setSpot(place && { ...place, uncertainty: TOLD_M });
  };
  const wrong = faultsAt(faults, 'lat', 'lon').map((fault) =>
    fault.problem === 'missing' ? { ...fault, message: t('portal.placeNeeded') } : fault,
  );
  return (
    <>
      <Field
        label={t('portal.address')}
        hint={t('portal.addressHint')}
        faults={[...wrong, ...faultsAt(faults, 'address')]}
      >
        {(control) => <input {...control} name="address" autoComplete="off" />}
      </Field>
      <Field
        label={t('entry.place')}
        hint={t('entry.placeHint')}
        faults={unreadable ? [{ field: 'place', message: t('entry.placeUnreadable') }] : []}
      >
        {(control) => (
          <input
            {...control}
            value={typed}
            placeholder="16.46312, 107.59001"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              change(event.target.value);
            }}
          />
        )}
      </Field>
      {cameras.length > 0 && (
        <Field label={t('entry.camera')}>
          {(control) => (
            <select
              {...control}
              value=""
              onChange={(event) => {
                const camera = cameras[Number(event.target.value)];
                if (camera?.place?.type === 'point') {
                  const { lat, lon } = camera.place.position;
                  change(`${lat.toFixed(5)}, ${lon.toFixed(5)}`);
                }
              }}
            >
              <option value="">{t('portal.choose')}</option>
              {cameras.map((camera, index) => (
                <option key={`${camera.agent}/${camera.id}`} value={index}>
                  {cameraName(camera)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </>
  );
}

interface TakenProps {
  received: Received;
  joined: boolean;
  onNext: () => void;
}

/** What is read out to whoever called, and which incident it is now. */
function Taken({ received, joined, onNext }: TakenProps) {
  const { t } = useTranslation();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus();
  }, []);
  return (
    <section className={styles.taken} aria-labelledby="taken-title">
      <h2 id="taken-title" ref={title} tabIndex={-1}>
        {t('portal.thanks', { number: received.number })}
      </h2>
      <p>{t(joined || received.joined_others ? 'entry.joinedOther' : 'entry.openedNew')}</p>
      <p>{t('entry.readOut')}</p>
      <p className={styles.code} data-testid="code">
        {received.code}
      </p>
      {typeof received.notice === 'string' && <p className={styles.soft}>{received.notice}</p>}
      <div className={styles.buttons}>
        {typeof received.incident === 'string' && (
          <Link className={styles.open} href={`/incidents/${received.incident}?filter=all`}>
            {t('entry.openIncident')}
          </Link>
        )}
        <Button tone="primary" onClick={onNext}>
          {t('entry.next')}
        </Button>
      </div>
    </section>
  );
}
