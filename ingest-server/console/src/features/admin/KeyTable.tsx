// The table of keys of programs: for whom, what they may do, until when, and whether anybody still uses them.
import { useTranslation } from 'react-i18next';

import type { ApiKey } from '../../api/keys';
import { useNames } from '../../i18n/words';
import { standingOfKey } from '../../state/keys';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import styles from './AdminPage.module.css';

interface Props {
  keys: readonly ApiKey[];
  now: Date;
  onRevoke: (key: ApiKey) => void;
}

export function KeyTable({ keys, now, onRevoke }: Props) {
  const { t } = useTranslation();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('keys.key')}</th>
          <th scope="col">{t('keys.rights')}</th>
          <th scope="col">{t('keys.scope')}</th>
          <th scope="col">{t('keys.made')}</th>
          <th scope="col">{t('keys.used')}</th>
          <th scope="col">{t('keys.expires')}</th>
          <th scope="col">{t('keys.standing')}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <Row key={key.id} apiKey={key} now={now} onRevoke={onRevoke} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Omit<Props, 'keys'> {
  apiKey: ApiKey;
}

function Row({ apiKey, now, onRevoke }: RowProps) {
  const { t } = useTranslation();
  const name = useNames();
  const manages = useRights().may('manage_accounts');
  const { rights, scope } = apiKey;
  const reach = [...(scope.areas ?? []), ...(scope.kinds ?? [])];
  const standing = standingOfKey(apiKey, now);
  return (
    <tr>
      <th scope="row">
        {apiKey.name}
        <div className={styles.soft}>{apiKey.account}</div>
      </th>
      <td data-label={t('keys.rights')}>
        <ul>
          {rights.map((right) => (
            <li key={right}>{name('right', right)}</li>
          ))}
        </ul>
      </td>
      <td data-label={t('keys.scope')}>
        {reach.length > 0 ? reach.join(', ') : t('admin.everything')}
      </td>
      <td data-label={t('keys.made')}>
        <Moment at={apiKey.created_at} as="stack" />
      </td>
      <td data-label={t('keys.used')}>
        {typeof apiKey.last_used_at === 'string' ? (
          <Moment at={apiKey.last_used_at} as="stack" />
        ) : (
          t('keys.never')
        )}
      </td>
      <td data-label={t('keys.expires')}>
        <Moment at={apiKey.expires_at} as="stack" />
      </td>
      <td data-label={t('keys.standing')}>
        <span className={styles.verbs}>
          <span className={standing === 'good' ? undefined : styles.fault}>
            {name('keyStanding', standing)}
          </span>
          {manages && standing === 'good' && (
            <Button
              aria-label={t('keys.revokeOne', { name: apiKey.name })}
              onClick={() => {
                onRevoke(apiKey);
              }}
            >
              {t('keys.revoke')}
            </Button>
          )}
        </span>
      </td>
    </tr>
  );
}
