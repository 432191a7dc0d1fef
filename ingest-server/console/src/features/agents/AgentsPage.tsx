// Every agent and how it does, and what agents had to let go.
import { useTranslation } from 'react-i18next';

import { agentsByNeed } from '../../state/agents';
import { useAgents } from '../../state/cameras';
import { useRights } from '../../state/rights';
import { Blank, Failure } from '../../ui/Notice';
import { AgentTable } from './AgentTable';
import styles from './AgentsPage.module.css';
import { AgentsTabs } from './AgentsTabs';
import { Losses } from './Losses';

export function AgentsPage() {
  const { t } = useTranslation();
  const { may } = useRights();
  const agents = useAgents();
  if (!may('see_orders')) return <Blank title={t('app.notAllowed')} />;
  return (
    <div className={styles.page} role="region" aria-labelledby="agents-title" tabIndex={0}>
      <h1 id="agents-title">{t('agents.title')}</h1>
      <AgentsTabs />
      {agents.isError && <Failure error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.isPending && <Blank title={t('app.loading')} />}
      {agents.data?.length === 0 && (
        <Blank title={t('agents.empty')} hint={t('agents.emptyHint')} />
      )}
      {agents.data !== undefined && agents.data.length > 0 && (
        <div className={styles.card}>
          <AgentTable agents={agentsByNeed(agents.data)} />
        </div>
      )}
      <Losses agent={null} />
    </div>
  );
}
