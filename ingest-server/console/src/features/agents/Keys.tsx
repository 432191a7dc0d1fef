// The keys with which an agent signs, with their dates; one that is not trusted any more is revoked here.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { AgentKey } from '../../api/agents';
import { useNames } from '../../i18n/words';
import { useAgentKeys, useAgentWish } from '../../state/agents';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Moment } from '../../ui/Moment';
import { Failure } from '../../ui/Notice';
import styles from './AgentsPage.module.css';

export function Keys({ agent }: { agent: string }) {
  const { t } = useTranslation();
  const query = useAgentKeys(agent);
  const [asked, setAsked] = useState<string | null>(null);
  return (
    <section className={styles.card} aria-labelledby="keys-title">
      <h2 id="keys-title">{t('agents.keys')}</h2>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <p className={styles.soft}>{t('app.loading')}</p>}
      {query.data?.length === 0 && <p className={styles.soft}>{t('agents.keysEmpty')}</p>}
      {query.data !== undefined && query.data.length > 0 && (
        <Table keys={query.data} onRevoke={setAsked} />
      )}
      {asked !== null && (
        <RevokeKey
          agent={agent}
          keyId={asked}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
    </section>
  );
}

interface TableProps {
  keys: readonly AgentKey[];
  onRevoke: (key: string) => void;
}

function Table({ keys, onRevoke }: TableProps) {
  const { t } = useTranslation();
  const name = useNames();
  const manages = useRights().may('manage_agents');
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('agents.key')}</th>
          <th scope="col">{t('agents.validFrom')}</th>
          <th scope="col">{t('agents.ends')}</th>
          {manages && (
            <th scope="col">
              <span className="visually-hidden">{t('agents.revoke')}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {keys.map(({ key_id: id, valid_from: from, ends_at: ends, ending }) => (
          <tr key={id}>
            <th scope="row" className={styles.key}>
              {id}
            </th>
            <td data-label={t('agents.validFrom')}>
              <Moment at={from} as="stack" />
            </td>
            <td data-label={t('agents.ends')}>
              {typeof ends === 'string' ? <Moment at={ends} as="stack" /> : t('agents.noEnd')}
              {typeof ending === 'string' && (
                <span className={ending === 'revocation' ? styles.fault : styles.soft}>
                  {name('keyEnding', ending)}
                </span>
              )}
            </td>
            {manages && (
              <td>
                {ending !== 'revocation' && (
                  <Button
                    aria-label={t('agents.revokeKey', { key: id })}
                    onClick={() => {
                      onRevoke(id);
                    }}
                  >
                    {t('agents.revoke')}
                  </Button>
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface RevokeProps {
  agent: string;
  keyId: string;
  onClose: () => void;
}

function RevokeKey({ agent, keyId, onClose }: RevokeProps) {
  const { t } = useTranslation();
  const wish = useAgentWish(agent);
  return (
    <ConfirmDialog
      title={t('agents.revokeKeyTitle', { key: keyId, agent })}
      what={t('agents.revokeKeyWhat')}
      verb={t('agents.revoke')}
      asked={wish}
      onConfirm={() => {
        wish.mutate({ kind: 'key', key: keyId });
      }}
      onClose={onClose}
    />
  );
}
