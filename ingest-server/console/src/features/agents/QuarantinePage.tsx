// What the server did not take in: of whom, when, and why.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Quarantined } from '../../api/agents';
import { wholeNumber } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { senderOf, useQuarantine, type Sender } from '../../state/quarantine';
import { useRights } from '../../state/rights';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import styles from './AgentsPage.module.css';
import { AgentsTabs } from './AgentsTabs';

export function QuarantinePage() {
  const { t } = useTranslation();
  if (!useRights().may('see_quarantine')) return <Blank title={t('app.notAllowed')} />;
  return (
    <div className={styles.page} role="region" aria-labelledby="quarantine-title" tabIndex={0}>
      <h1 id="quarantine-title">{t('quarantine.title')}</h1>
      <AgentsTabs />
      <List />
    </div>
  );
}

function List() {
  const { t } = useTranslation();
  const query = useQuarantine();
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  if (query.data.length === 0) return <Blank title={t('quarantine.empty')} />;
  return (
    <div className={styles.card}>
      <p className={styles.soft}>{t('quarantine.what')}</p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('quarantine.reason')}</th>
            <th scope="col">{t('quarantine.from')}</th>
            <th scope="col">{t('quarantine.sort')}</th>
            <th scope="col">{t('quarantine.when')}</th>
            <th scope="col">{t('quarantine.count')}</th>
          </tr>
        </thead>
        <tbody>
          {query.data.map((message) => (
            <Row key={message.id} message={message} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ message }: { message: Quarantined }) {
  const { t } = useTranslation();
  const name = useNames();
  const sender = senderOf(message.topic);
  return (
    <tr>
      <th scope="row">
        {name('refusalReason', message.reason)}
        <details className={styles.technical}>
          <summary>{t('quarantine.details')}</summary>
          <p>{message.message}</p>
          <p>{message.topic}</p>
          <p>
            {t('quarantine.bytes', { bytes: wholeNumber(message.bytes), sha256: message.sha256 })}
          </p>
        </details>
      </th>
      <td data-label={t('quarantine.from')}>
        <From sender={sender} />
      </td>
      <td data-label={t('quarantine.sort')}>
        {sender.kind === 'topic' ? '—' : name('messageSort', sender.sort)}
      </td>
      <td data-label={t('quarantine.when')}>
        <Moment at={message.received_at} as="stack" />
      </td>
      <td data-label={t('quarantine.count')}>{wholeNumber(message.count)}</td>
    </tr>
  );
}

function From({ sender }: { sender: Sender }) {
  const { t } = useTranslation();
  switch (sender.kind) {
    case 'agent':
      return (
        <>
          <Link href={`/agents/${encodeURIComponent(sender.agent)}`}>{sender.agent}</Link>
          {sender.camera !== null && ` · ${t('quarantine.camera', { camera: sender.camera })}`}
        </>
      );
    case 'unit':
      return t('quarantine.unit', { unit: sender.unit });
    case 'topic':
      return sender.topic;
  }
}
