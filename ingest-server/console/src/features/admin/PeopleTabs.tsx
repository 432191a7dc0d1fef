// The accounts of people, and the keys with which programs act for them.
import { useTranslation } from 'react-i18next';

import { useRights } from '../../state/rights';
import { PageTabs } from '../../ui/PageTabs';

export function PeopleTabs() {
  const { t } = useTranslation();
  const sees = useRights().may('see_accounts');
  const keys = sees ? [{ href: '/people/keys', text: t('keys.tab') }] : [];
  return <PageTabs tabs={[{ href: '/people', text: t('admin.accounts') }, ...keys]} />;
}
