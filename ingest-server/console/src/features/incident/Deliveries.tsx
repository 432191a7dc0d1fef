// Which units were told of this incident, and where each message stands; sent again, or acknowledged
// for a unit that was reached by phone.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Delivery, IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import { useAcknowledge, useDeliveries, useReplay } from '../../state/deliveries';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import styles from './Deliveries.module.css';

export function Deliveries({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  // Not every unit may read what others were told.
  const query = useDeliveries(incident, useRights().may('see_dispatch'));
  const deliveries = query.data ?? [];
  if (query.isError) return <p className={styles.bad}>{t('deliveries.unreadable')}</p>;
  if (deliveries.length === 0) return null;
  return (
    <section className={styles.deliveries} aria-label={t('deliveries.title')}>
      <h3>{t('deliveries.title')}</h3>
      <ol>
        {deliveries.map((delivery) => (
          <Line key={delivery.id} incident={incident} delivery={delivery} />
        ))}
      </ol>
    </section>
  );
}

function Line({ incident, delivery }: { incident: IncidentDetail; delivery: Delivery }) {
  const { t } = useTranslation();
  const name = useNames();
  const failure = delivery.failure ?? null;
  const isLate = typeof delivery.escalated_at === 'string';
  return (
    <li>
      <span className={styles.head}>
        <strong>{delivery.target}</strong>
        <span>{name('deliveryWord', delivery.word)}</span>
        <span className={delivery.state === 'dead' ? styles.bad : undefined}>
          {name('deliveryState', delivery.state)}
        </span>
        {isLate && <span className={styles.bad}>{t('deliveries.escalated')}</span>}
      </span>
      <span className={styles.soft}>
        {name('deliveryCause', delivery.cause)} · {name('channel', delivery.channel)} ·{' '}
        <Moment at={delivery.made_at} as="exact" />
      </span>
      {failure !== null && (
        <span className={styles.bad}>
          {name('deliveryFailure', failure)} ({t('deliveries.attempts', { n: delivery.attempts })})
        </span>
      )}
      {typeof delivery.acked_at === 'string' && (
        <span className={styles.soft}>
          {t('deliveries.ackedBy', { who: delivery.acked_by ?? delivery.unit })}{' '}
          <Moment at={delivery.acked_at} as="exact" />
          {typeof delivery.ack_note === 'string' && `: ${delivery.ack_note}`}
        </span>
      )}
      <Verbs incident={incident} delivery={delivery} />
    </li>
  );
}

function Verbs({ incident, delivery }: { incident: IncidentDetail; delivery: Delivery }) {
  const { t } = useTranslation();
  const replay = useReplay(incident.id);
  const acknowledge = useAcknowledge(incident.id);
  const { may } = useRights();
  const [who, setWho] = useState('');
  if (!may('dispatch') || (delivery.state !== 'sent' && delivery.state !== 'dead')) return null;
  const sending = replay.isPending || acknowledge.isPending;
  const failure = replay.error ?? acknowledge.error;
  return (
    <span className={styles.verbs}>
      <input
        aria-label={t('deliveries.who')}
        placeholder={t('deliveries.who')}
        maxLength={100}
        value={who}
        onChange={(event) => {
          setWho(event.currentTarget.value);
        }}
      />
      <Button
        disabled={sending}
        onClick={() => {
          acknowledge.mutate({ delivery, by: who.trim() });
        }}
      >
        {t('deliveries.acknowledge')}
      </Button>
      <Button
        disabled={sending}
        onClick={() => {
          replay.mutate(delivery);
        }}
      >
        {t('deliveries.replay')}
      </Button>
      <span className={styles.bad} role="alert">
        {failure?.message}
      </span>
    </span>
  );
}
