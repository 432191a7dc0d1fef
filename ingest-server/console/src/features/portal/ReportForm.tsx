// The form of a report: kind, place, words, pictures, contact; what is near is shown before it is sent.
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import {
  fetchNearby,
  fetchServices,
  ReportRefused,
  sendReport,
  type FieldFault,
  type Nearby,
  type Received,
  type ServiceList,
} from '../../api/portal';
import { currentLanguage } from '../../i18n';
import { Button } from '../../ui/Button';
import { Failure } from '../../ui/Notice';
import styles from './Portal.module.css';

interface Spot {
  lat: number;
  lon: number;
  uncertainty: number;
}

interface Props {
  onFollow: (code: string) => void;
}

export function ReportForm({ onFollow }: Props) {
  const { t } = useTranslation();
  const [services, setServices] = useState<ServiceList | null>(null);
  const [service, setService] = useState('');
  const [spot, setSpot] = useState<Spot | null>(null);
  const [near, setNear] = useState<Nearby[]>([]);
  const [sameAs, setSameAs] = useState<string | null>(null);
  const [received, setReceived] = useState<Received | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [sending, setSending] = useState(false);
  const [unplaced, setUnplaced] = useState(false);
  // One form is one report, however often it is sent.
  const key = useRef(crypto.randomUUID());

  useEffect(() => {
    fetchServices().then(setServices, (reason: unknown) => {
      if (reason instanceof Error) setError(reason);
    });
  }, []);

  useEffect(() => {
    if (spot === null) return;
    let current = true;
    fetchNearby(spot.lat, spot.lon, service).then(
      (items) => {
        if (current) setNear(items);
      },
      () => {
        if (current) setNear([]);
      },
    );
    return () => {
      current = false;
    };
  }, [spot, service]);

  const locate = (): void => {
    setUnplaced(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setSpot({ lat: coords.latitude, lon: coords.longitude, uncertainty: coords.accuracy });
      },
      () => {
        setUnplaced(true);
      },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  };

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string | null => {
      const value = form.get(name);
      return typeof value === 'string' && value.trim() !== '' ? value : null;
    };
    const files = form
      .getAll('file')
      .filter((value): value is File => value instanceof File && value.size > 0);
    setSending(true);
    setError(null);
    sendReport(
      {
        service: service === '' ? null : service,
        description: text('description'),
        lat: spot?.lat ?? null,
        lon: spot?.lon ?? null,
        uncertainty_m: spot?.uncertainty ?? null,
        address: text('address'),
        contact: { name: text('name'), phone: text('phone'), email: text('email') },
        same_as: sameAs,
        website: text('website'),
      },
      files,
      key.current,
    )
      .then(setReceived, (reason: unknown) => {
        setError(reason instanceof Error ? reason : new Error('unexpected'));
        // What is changed now is another report.
        if (reason instanceof ReportRefused) key.current = crypto.randomUUID();
      })
      .finally(() => {
        setSending(false);
      });
  };

  if (received !== null) {
    return (
      <section className={styles.card} role="status">
        <h2>{t('portal.thanks', { number: received.number })}</h2>
        {received.joined_others && <p>{t('portal.joined')}</p>}
        {received.notice !== null && received.notice !== undefined && <p>{received.notice}</p>}
        <p>{t('portal.keepCode')}</p>
        <p className={styles.code}>{received.code}</p>
        <Button
          tone="primary"
          onClick={() => {
            onFollow(received.code);
          }}
        >
          {t('portal.follow')}
        </Button>
      </section>
    );
  }

  const faults: readonly FieldFault[] = error instanceof ReportRefused ? error.fields : [];
  return (
    <form className={styles.card} onSubmit={submit} noValidate>
      <label className={styles.field}>
        {t('portal.service')}
        <select
          name="service"
          value={service}
          onChange={(event) => {
            setService(event.target.value);
            setSameAs(null);
          }}
        >
          <option value="">{t('portal.choose')}</option>
          {services?.items.map((one) => (
            <option key={one.code} value={one.code}>
              {one.name[currentLanguage()]}
            </option>
          ))}
        </select>
      </label>
      <div className={styles.row}>
        <Button onClick={locate}>{t('portal.locate')}</Button>
        <span role="status">
          {spot !== null && t('portal.located', { metres: Math.round(spot.uncertainty) })}
          {unplaced && t('portal.unplaced')}
        </span>
      </div>
      <label className={styles.field}>
        {t('portal.address')}
        <input name="address" autoComplete="street-address" />
      </label>
      {near.length > 0 && (
        <fieldset className={styles.card}>
          <legend>{t('portal.near')}</legend>
          <ul className={styles.list}>
            {near.map((one) => (
              <li key={one.incident}>
                <label className={styles.row}>
                  <input
                    type="checkbox"
                    checked={sameAs === one.incident}
                    onChange={(event) => {
                      setSameAs(event.target.checked ? one.incident : null);
                    }}
                  />
                  {t('portal.nearItem', {
                    name: one.name,
                    metres: one.distance_m,
                    reporters: one.reporters,
                  })}
                </label>
              </li>
            ))}
          </ul>
        </fieldset>
      )}
      <label className={styles.field}>
        {t('portal.description')}
        <textarea name="description" rows={4} maxLength={4000} />
      </label>
      <label className={styles.field}>
        {t('portal.files', { count: services?.max_files ?? 0 })}
        <input
          type="file"
          name="file"
          multiple
          accept="image/jpeg,image/png,image/webp,video/mp4,video/quicktime"
        />
      </label>
      <fieldset className={styles.card}>
        <legend>{t('portal.contact')}</legend>
        <label className={styles.field}>
          {t('portal.name')}
          <input name="name" autoComplete="name" />
        </label>
        <label className={styles.field}>
          {t('portal.phone')}
          <input name="phone" type="tel" autoComplete="tel" />
        </label>
        <label className={styles.field}>
          {t('portal.email')}
          <input name="email" type="email" autoComplete="email" />
        </label>
      </fieldset>
      <label className={styles.trap} aria-hidden="true">
        {t('portal.leaveEmpty')}
        <input name="website" tabIndex={-1} autoComplete="off" />
      </label>
      {faults.length > 0 ? (
        <ul className={styles.list} role="alert">
          {faults.map((fault) => (
            <li key={fault.field} className={styles.fault}>
              {fault.field}: {fault.message}
            </li>
          ))}
        </ul>
      ) : (
        error !== null && <Failure error={error} />
      )}
      <Button type="submit" tone="primary" disabled={sending}>
        {sending ? t('portal.sending') : t('portal.send')}
      </Button>
    </form>
  );
}
