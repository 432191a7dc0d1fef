// The sealed bundle of each event: the plate a person reads, the release, the download.
import { useId, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { ApiProblem } from '../../api/problem';
import type { IncidentDetail, Seal } from '../../api/types';
import { useRelease, useTypePlate } from '../../state/incidents';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import facts from './Facts.module.css';
import styles from './Seal.module.css';

export function Seals({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  if (incident.seals.length === 0) return null;
  return (
    <section aria-labelledby="seal-title">
      <h3 id="seal-title" className={facts.title}>
        {t('seal.title')}
      </h3>
      {incident.seals.map((seal) => (
        <SealOfEvent key={seal.event_id} incident={incident.id} seal={seal} />
      ))}
    </section>
  );
}

function SealOfEvent({ incident, seal }: { incident: string; seal: Seal }) {
  const { t } = useTranslation();
  const plate = useTypePlate(incident);
  const release = useRelease(incident);
  const session = useSession().data;
  const mayRelease = session?.kind === 'open' && session.session.rights.includes('release');
  const bundle = seal.bundle_url ?? null;
  const released = seal.released_at ?? null;
  const failure = release.error ?? plate.error;
  return (
    <div className={styles.seal}>
      <p>
        <Standing seal={seal} />
      </p>
      {released === null ? (
        <PlateForm
          key={seal.plate ?? ''}
          plate={seal.plate ?? ''}
          sending={plate.isPending}
          onType={(text) => {
            plate.mutate({ event: seal.event_id, plate: text });
          }}
        />
      ) : (
        <p>
          {seal.plate ?? t('seal.notIdentified')} ·{' '}
          {t('seal.releasedBy', { who: seal.released_by })} <Moment at={released} as="exact" />
        </p>
      )}
      <div className={styles.buttons}>
        {bundle !== null && (
          <a className={styles.link} href={bundle} download>
            {t(released === null ? 'seal.downloadDraft' : 'seal.download')}
          </a>
        )}
        {bundle !== null && released === null && mayRelease && (
          <Button
            disabled={release.isPending}
            onClick={() => {
              release.mutate(seal.event_id);
            }}
          >
            {t('seal.release')}
          </Button>
        )}
      </div>
      <p className={styles.failure} role="alert">
        {failure !== null && problemWords(failure)}
      </p>
    </div>
  );
}

interface PlateProps {
  plate: string;
  sending: boolean;
  onType: (plate: string) => void;
}

function PlateForm({ plate, sending, onType }: PlateProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(plate);
  const field = useId();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== '' && !sending) onType(text);
  };
  return (
    <form className={styles.plate} onSubmit={submit}>
      <label htmlFor={field}>{t('seal.plate')}</label>
      <input
        id={field}
        value={text}
        maxLength={20}
        autoComplete="off"
        spellCheck={false}
        placeholder={t('seal.notIdentified')}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <Button type="submit" disabled={sending || text.trim() === '' || text === plate}>
        {t('seal.savePlate')}
      </Button>
    </form>
  );
}

/** Where the seal of an event stands, in words. */
function Standing({ seal }: { seal: Seal }) {
  const { t } = useTranslation();
  const verdict = seal.verdict ?? null;
  if (verdict === null) return t('seal.notCome');
  if (verdict !== 'good') return t('seal.bad', { reason: verdict });
  if (seal.chain === 'contradicted') return t('seal.contradicted');
  if (seal.chain === 'predecessor_missing') return t('seal.predecessorMissing');
  return t('seal.good', { sequence: seal.sequence });
}

function problemWords(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message;
  return [error.title, error.detail].filter((part) => part !== null).join(' ');
}
