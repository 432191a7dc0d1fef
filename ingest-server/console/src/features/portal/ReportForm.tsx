// The form of a report: what, where, words and pictures, whom to call back. What is near is shown before it is sent.
import {
  useEffect,
  useRef,
  useState,
  type ReactNode,
  type ChangeEvent,
  type SubmitEvent,
} from 'react';
import { useTranslation } from 'react-i18next';

import { faultsOf, type FieldFault } from '../../api/problem';
import { metres } from '../../i18n/format';
import { Button } from '../../ui/Button';
import { Failure } from '../../ui/Notice';
import { Attachments } from '../report/Attachments';
import { Field, FIELDS, faultsAt } from '../report/Field';
import { NearbyChoice } from '../report/NearbyChoice';
import { ServiceChoice } from '../report/ServiceChoice';
import { useReport, type Report } from '../report/useReport';
import styles from './Portal.module.css';
import { Thanks } from './Thanks';

interface Props {
  onFollow: (code: string) => void;
  onAnother: () => void;
}

export function ReportForm({ onFollow, onAnother }: Props) {
  const { t } = useTranslation();
  const report = useReport('citizen');
  const { error } = report;
  const form = useRef<HTMLFormElement>(null);

  // Whoever sent a report that will not do stands at the first thing to mend.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);

  if (report.received !== null) {
    return <Thanks received={report.received} onFollow={onFollow} onAnother={onAnother} />;
  }

  const mend = (event: ChangeEvent<HTMLFormElement>): void => {
    const changed: unknown = event.target;
    if (!(changed instanceof HTMLInputElement || changed instanceof HTMLTextAreaElement)) return;
    report.mend(...(FIELDS[changed.name] ?? [changed.name]));
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string): string | null => {
      const value = data.get(name);
      return typeof value === 'string' && value.trim() !== '' ? value : null;
    };
    report.send({
      description: text('description'),
      address: text('address'),
      contact: { name: text('name'), phone: text('phone'), email: text('email') },
      website: text('website'),
    });
  };

  const { faults } = report;
  return (
    <form ref={form} className={styles.form} onSubmit={submit} onChange={mend} noValidate>
      <Part number={1} title={t('portal.what')}>
        <ServiceChoice report={report} faults={faults} />
      </Part>
      <Part number={2} title={t('portal.where')}>
        <Where report={report} faults={faults} />
      </Part>
      <Part number={3} title={t('portal.tell')}>
        <Field
          label={t('portal.description')}
          hint={t('portal.descriptionHint')}
          faults={faultsAt(faults, 'description')}
        >
          {(control) => <textarea {...control} name="description" rows={4} maxLength={4000} />}
        </Field>
        <Attachments report={report} faults={faultsAt(faults, 'file', 'files')} />
      </Part>
      <Part number={4} title={t('portal.contact')}>
        <p className={styles.soft}>{t('portal.contactWhy')}</p>
        <Field label={t('portal.name')} faults={faultsAt(faults, 'contact.name')}>
          {(control) => <input {...control} name="name" autoComplete="name" />}
        </Field>
        <Field label={t('portal.phone')} faults={faultsAt(faults, 'contact.phone')}>
          {(control) => <input {...control} name="phone" type="tel" autoComplete="tel" />}
        </Field>
        <Field label={t('portal.email')} faults={faultsAt(faults, 'contact.email')}>
          {(control) => <input {...control} name="email" type="email" autoComplete="email" />}
        </Field>
      </Part>
      <label className={styles.trap} aria-hidden="true">
        {t('portal.leaveEmpty')}
        <input name="website" tabIndex={-1} autoComplete="off" />
      </label>
      <Refusal error={error} faults={faults} />
      <Button type="submit" tone="primary" disabled={report.sending}>
        {report.sending ? t('portal.sending') : t('portal.send')}
      </Button>
    </form>
  );
}

function Part({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  const id = `part-${number}`;
  return (
    <section className={styles.card} aria-labelledby={id}>
      <h2 id={id} className={styles.part}>
        <span aria-hidden="true" className={styles.number}>
          {number}
        </span>
        {title}
      </h2>
      {children}
    </section>
  );
}

function Where({ report, faults }: { report: Report; faults: readonly FieldFault[] }) {
  const { t } = useTranslation();
  const [locating, setLocating] = useState<'idle' | 'asking' | 'failed'>('idle');
  const locate = (): void => {
    setLocating('asking');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setLocating('idle');
        const { latitude: lat, longitude: lon, accuracy: uncertainty } = coords;
        report.setSpot({ lat, lon, uncertainty });
      },
      () => {
        setLocating('failed');
      },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  };
  const { spot } = report;
  const wrongPlace = faultsAt(faults, 'lat', 'lon', 'uncertainty_m').map((fault) =>
    // A place that is missing may as well be told in words.
    fault.problem === 'missing' ? { ...fault, message: t('portal.placeNeeded') } : fault,
  );
  return (
    <>
      <div className={styles.row}>
        <Button disabled={locating === 'asking'} onClick={locate}>
          {t(locating === 'asking' ? 'portal.locating' : 'portal.locate')}
        </Button>
        <span role="status" className={styles.soft}>
          {locating === 'failed' && t('portal.unplaced')}
          {locating === 'idle' &&
            spot !== null &&
            t('portal.located', { metres: metres(spot.uncertainty ?? 0) })}
        </span>
      </div>
      <Field
        label={t('portal.address')}
        hint={t('portal.addressHint')}
        faults={[...wrongPlace, ...faultsAt(faults, 'address')]}
      >
        {(control) => <input {...control} name="address" autoComplete="street-address" />}
      </Field>
      <NearbyChoice report={report} />
    </>
  );
}

/** The fields that stand in the form; what else is wrong is told at its end. */
const SHOWN_ABOVE = [
  ...['service', 'attributes', 'lat', 'lon', 'uncertainty_m', 'address', 'description'],
  ...['file', 'files', 'contact'],
];

function Refusal({ error, faults }: { error: Error | null; faults: readonly FieldFault[] }) {
  const { t } = useTranslation();
  if (error === null) return null;
  if (faultsOf(error).length === 0) return <Failure error={error} />;
  // Everything that was marked is changed: the next try tells.
  if (faults.length === 0) return null;
  const above = faultsAt(faults, ...SHOWN_ABOVE);
  const rest = faults.filter((fault) => !above.includes(fault));
  return (
    <div className={styles.refused} role="alert">
      <p>{t('portal.mend')}</p>
      {rest.map((fault) => (
        <p key={fault.field}>
          {fault.field}: {fault.message}
        </p>
      ))}
    </div>
  );
}
