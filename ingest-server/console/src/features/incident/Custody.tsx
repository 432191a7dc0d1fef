// Through whose hands the piece on the stage went, and its redacted copy: asked for, made, given out.
// Nothing is read before somebody opens it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { CustodyEntry, DerivedCopy, Evidence, IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import { useAskForRedaction, useCustody, useDisclosure } from '../../state/custody';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import styles from './Custody.module.css';

interface Props {
  incident: IncidentDetail;
  entry: Evidence;
}

export function Custody({ incident, entry }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles.custody}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{t('custody.title')}</summary>
      {open && (
        <>
          <Redacted incident={incident} entry={entry} />
          <Log incident={incident} entry={entry} />
        </>
      )}
    </details>
  );
}

function Log({ incident, entry }: Props) {
  const { t } = useTranslation();
  const query = useCustody(incident.id, entry);
  if (query.data === undefined) {
    return <p>{t(query.isError ? 'custody.unreadable' : 'app.loading')}</p>;
  }
  const { entries, broken_at } = query.data;
  return (
    <>
      {typeof broken_at === 'number' && (
        <p className={styles.broken} role="alert">
          {t('custody.broken', { seq: broken_at })}
        </p>
      )}
      <ol className={styles.entries}>
        {entries.map((one) => (
          <Line key={one.seq} entry={one} />
        ))}
      </ol>
    </>
  );
}

function Line({ entry }: { entry: CustodyEntry }) {
  const { t } = useTranslation();
  const name = useNames();
  const { detail } = entry;
  const reason = detail.reason ?? null;
  return (
    <li>
      <span>
        {name('custodyAct', entry.act)}
        {typeof entry.copy === 'string' && ` · ${name('copyKind', entry.copy)}`}
      </span>{' '}
      <span className={styles.soft}>
        {actorName(entry.actor, name)} · <Moment at={entry.at} as="exact" />
      </span>
      {typeof detail.derived_from === 'string' && (
        <span className={styles.soft}>
          {t('custody.derivedFrom', { sha256: detail.derived_from })}
        </span>
      )}
      {typeof detail.sha256 === 'string' && (
        <span className={styles.soft}>{t('custody.sha256', { sha256: detail.sha256 })}</span>
      )}
      {typeof detail.method === 'string' && (
        <span className={styles.soft}>
          {name('copyMethod', detail.method)}
          {typeof detail.offender === 'string' && `; ${name('copyOffender', detail.offender)}`}
          {typeof detail.program === 'string' && ` (${detail.program})`}
        </span>
      )}
      {reason !== null && <span className={styles.soft}>{name('copyReason', reason)}</span>}
      {typeof detail.note === 'string' && <span>{detail.note}</span>}
    </li>
  );
}

function actorName(actor: string, name: ReturnType<typeof useNames>): string {
  const known = name('actor', actor);
  return actor.startsWith('agent/') ? actor.replace('agent/', `${name('actor', 'agent')} `) : known;
}

function Redacted({ incident, entry }: Props) {
  const { t } = useTranslation();
  const ask = useAskForRedaction(incident.id);
  const disclose = useDisclosure(incident.id);
  const session = useSession().data;
  const mayDisclose = session?.kind === 'open' && session.session.rights.includes('disclose');
  const copy = entry.redacted ?? null;
  const sending = ask.isPending || disclose.isPending;
  const failure = ask.error ?? disclose.error;
  return (
    <div className={styles.redacted}>
      <strong>{t('custody.redacted')}</strong>
      <Standing copy={copy} />
      {(copy === null || copy.state === 'failed') && (
        <Button
          disabled={sending}
          onClick={() => {
            ask.mutate(entry);
          }}
        >
          {t('custody.ask')}
        </Button>
      )}
      {copy?.state === 'made' && mayDisclose && (
        <>
          {(['citizen', 'training'] as const).map((to) => (
            <Button
              key={to}
              disabled={sending}
              onClick={() => {
                disclose.mutate({ entry, to });
              }}
            >
              {t(to === 'citizen' ? 'custody.toCitizen' : 'custody.toTraining')}
            </Button>
          ))}
        </>
      )}
      <span className={styles.broken} role="alert">
        {failure?.message}
      </span>
    </div>
  );
}

function Standing({ copy }: { copy: DerivedCopy | null }) {
  const { t } = useTranslation();
  const name = useNames();
  if (copy === null) return <span className={styles.soft}>{t('custody.notAsked')}</span>;
  const url = copy.url ?? null;
  if (copy.state === 'made' && url !== null) {
    return (
      <a href={url} download>
        {t('custody.downloadRedacted')}
      </a>
    );
  }
  const reason = copy.reason ?? null;
  return (
    <span className={styles.soft}>
      {name('copyState', copy.state)}
      {reason !== null && `: ${name('copyReason', reason)}`}
    </span>
  );
}
