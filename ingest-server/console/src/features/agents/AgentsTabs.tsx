// The agents, and what was refused of them and others.
import { useTranslation } from 'react-i18next';

import { useRights } from '../../state/rights';
import { PageTabs } from '../../ui/PageTabs';

export function AgentsTabs() {
  const { t } = useTranslation();
  const { may } = useRights();
  const tabs = [
    ...(may('see_orders') ? [{ href: '/agents', text: t('agents.title') }] : []),
    ...(may('see_quarantine') ? [{ href: '/quarantine', text: t('quarantine.tab') }] : []),
  ];
  return <PageTabs tabs={tabs} />;
}
