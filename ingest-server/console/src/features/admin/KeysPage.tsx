// Keys with which programs act for an account: which there are, a new one, and one that must go.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { ApiKey } from '../../api/keys';
import { goodFirst, useApiKeys, useMakeApiKey, useRevokeApiKey } from '../../state/keys';
import { useNow } from '../../state/now';
import { useRights } from '../../state/rights';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Blank, Failure } from '../../ui/Notice';
import styles from './AdminPage.module.css';
import { KeyTable } from './KeyTable';
import { MadeKey } from './MadeKey';
import { NewKey } from './NewKey';
import { PeopleTabs } from './PeopleTabs';

export function KeysPage() {
  const { t } = useTranslation();
  const { may } = useRights();
  if (!may('see_accounts')) return <Blank title={t('app.notAllowed')} />;
  return (
    <div className={styles.page} role="region" aria-labelledby="api-keys-title" tabIndex={0}>
      <h1 id="api-keys-title">{t('keys.title')}</h1>
      <PeopleTabs />
      {may('manage_accounts') && <Making />}
      <Existing />
    </div>
  );
}

/** The form, and in its place the key that was just made until somebody has kept it. */
function Making() {
  const make = useMakeApiKey();
  if (make.data !== undefined) {
    return (
      <MadeKey
        made={make.data}
        onKept={() => {
          make.reset();
        }}
      />
    );
  }
  return (
    <NewKey
      busy={make.isPending}
      error={make.error}
      onMake={(wanted) => {
        make.mutate(wanted);
      }}
    />
  );
}

function Existing() {
  const { t } = useTranslation();
  const now = useNow();
  const query = useApiKeys();
  const [asked, setAsked] = useState<ApiKey | null>(null);
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  if (query.data.length === 0) return <Blank title={t('keys.empty')} hint={t('keys.what')} />;
  return (
    <div className={styles.card}>
      <p className={styles.soft}>{t('keys.what')}</p>
      <KeyTable keys={goodFirst(query.data, now)} now={now} onRevoke={setAsked} />
      {asked !== null && (
        <Revoke
          apiKey={asked}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
    </div>
  );
}

function Revoke({
  apiKey: { id, name, account },
  onClose,
}: {
  apiKey: ApiKey;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const revoke = useRevokeApiKey();
  return (
    <ConfirmDialog
      title={t('keys.revokeTitle', { name })}
      what={t('keys.revokeWhat', { account })}
      verb={t('keys.revoke')}
      asked={revoke}
      onConfirm={() => {
        revoke.mutate(id);
      }}
      onClose={onClose}
    />
  );
}
