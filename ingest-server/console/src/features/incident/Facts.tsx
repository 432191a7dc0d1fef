// What is known of the incident, as a list of names and values.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Heading, IncidentDetail, Place } from '../../api/types';
import { compass, coordinates, duration, metres, percent, pictureWay } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { cameraName } from '../../state/cameras';
import { Moment } from '../../ui/Moment';
import styles from './Facts.module.css';

/** What an operator decides by. */
export function Facts({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const { camera, occurred } = incident;
  const end = occurred.end ?? null;
  // What citizens alone tell of has no camera, zone, confidence or end.
  const seen = incident.event_count > 0;
  const moving = incident.events.at(-1)?.moving;
  const fastest = moving?.speeds.toSorted((a, b) => b.kmh - a.kmh)[0];
  return (
    <section aria-label={t('incident.facts')}>
      <dl className={styles.facts}>
        {seen && (
          <>
            <Fact name={t('incident.camera')}>{cameraName(camera)}</Fact>
            <Fact name={t('incident.zone')}>{incident.zone ?? t('app.none')}</Fact>
          </>
        )}
        {incident.citizen_count > 0 && (
          <Fact name={t('incident.citizens')}>{incident.citizen_count}</Fact>
        )}
        <Fact name={t('incident.started')}>
          <Moment at={occurred.start} />
        </Fact>
        {seen && (
          <Fact name={t('incident.ended')}>
            {end === null ? t('incident.ongoing') : <Moment at={end} />}
          </Fact>
        )}
        {end !== null && (
          <Fact name={t('incident.lasted')}>
            {duration(new Date(occurred.start), new Date(end))}
          </Fact>
        )}
        {seen && <Fact name={t('incident.confidence')}>{percent(incident.confidence)}</Fact>}
        {typeof incident.count === 'number' && (
          <Fact name={t('incident.count')}>{incident.count}</Fact>
        )}
        {moving?.heading && (
          <Fact name={t('incident.heading')}>
            <HeadingWords heading={moving.heading} />
          </Fact>
        )}
        {fastest && (
          <Fact name={t('incident.speed')}>
            {t('incident.kmh', {
              kmh: Math.round(fastest.kmh),
              spread: Math.max(1, Math.round(fastest.uncertainty_kmh)),
            })}
          </Fact>
        )}
        <Fact name={t('incident.place')}>
          <PlaceWords place={incident.place ?? null} />
        </Fact>
      </dl>
    </section>
  );
}

/** Where the facts come from. */
export function Details({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const name = useNames();
  const latest = incident.events.at(-1);
  return (
    <section aria-labelledby="details-title">
      <h3 id="details-title" className={styles.title}>
        {t('incident.details')}
      </h3>
      <dl className={styles.facts}>
        {incident.event_count > 0 && (
          <Fact name={t('incident.agent')}>{incident.camera.agent}</Fact>
        )}
        <Fact name={t('incident.sightings')}>{incident.event_count}</Fact>
        <Fact name={t('incident.reports')}>{incident.report_count}</Fact>
        <Fact name={t('incident.receivedAt')}>
          <Moment at={incident.created_at} as="exact" />
        </Fact>
        {latest?.model && <Fact name={t('incident.model')}>{latest.model.name}</Fact>}
        {latest && <Fact name={t('incident.rule')}>{latest.rule_version}</Fact>}
        {latest && (
          <Fact name={t('incident.clock')}>{name('clockSource', latest.clock.source)}</Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function HeadingWords({ heading }: { heading: Heading }) {
  const { t } = useTranslation();
  const name = useNames();
  if (heading.type === 'picture') {
    return t('incident.headingPicture', { way: name('pictureWay', pictureWay(heading.degrees)) });
  }
  return t('incident.headingGround', {
    compass: name('compass', compass(heading.degrees)),
    degrees: Math.round(heading.degrees),
    spread: Math.round(heading.uncertainty_deg),
  });
}

function PlaceWords({ place }: { place: Place | null }) {
  const { t } = useTranslation();
  if (place === null) return t('incident.noPlace');
  if (place.type === 'point') {
    const radius = metres(place.uncertainty_m);
    return `${coordinates(place.position)} (${t('incident.uncertainty', { metres: radius })})`;
  }
  const degrees = Math.round(place.degrees);
  const spread = Math.round(place.uncertainty_deg);
  return `${coordinates(place.from)}, ${t('incident.bearing', { degrees, spread })}`;
}
