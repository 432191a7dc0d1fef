// People: who may log in and as what; and who looked at what is masked or private.
import { useTranslation } from 'react-i18next';

import { useRights } from '../../state/rights';
import { Blank } from '../../ui/Notice';
import { AccessLog } from './AccessLog';
import { Accounts } from './Accounts';
import styles from './AdminPage.module.css';
import { PeopleTabs } from './PeopleTabs';

export function AdminPage() {
  const { t } = useTranslation();
  const { may } = useRights();
  if (!may('see_accounts') && !may('read_access_log')) return <Blank title={t('app.notAllowed')} />;
  return (
    <div className={styles.page} role="region" aria-labelledby="admin-title" tabIndex={0}>
      <h1 id="admin-title">{t('admin.title')}</h1>
      <PeopleTabs />
      {may('see_accounts') && <Accounts />}
      {may('read_access_log') && <AccessLog />}
    </div>
  );
}
