// One agent: its keys, the chain of its manifests, what it had to let go; and how it is shut out.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { isExpected, useAgents } from '../../state/cameras';
import { useRights } from '../../state/rights';
import { AgentMark } from '../../ui/AgentMark';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import styles from './AgentsPage.module.css';
import { Chain } from './Chain';
import { Clock } from './Clock';
import { Keys } from './Keys';
import { Losses } from './Losses';
import { ShutOut } from './ShutOut';

export function AgentPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const { may } = useRights();
  const agents = useAgents();
  if (!may('see_orders')) return <Blank title={t('app.notAllowed')} />;
  if (agents.data === undefined) {
    return agents.isError ? (
      <Failure error={agents.error} onRetry={() => void agents.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const agent = agents.data.find((one) => one.id === id);
  if (agent === undefined) {
    return (
      <Blank title={t('agents.missing')} hint={<Link href="/agents">{t('agents.back')}</Link>} />
    );
  }
  return (
    <div className={styles.page} role="region" aria-labelledby="agent-title" tabIndex={0}>
      <header>
        <Link href="/agents">{t('agents.back')}</Link>
        <h1 id="agent-title">{agent.id}</h1>
        <p className={styles.line}>
          <AgentMark agent={agent} />
          <Moment at={agent.since} />
          <span>{t('cameras.version', { version: agent.version })}</span>
          <span>
            {t('agents.clock')}: <Clock agent={agent} />
          </span>
        </p>
      </header>
      {typeof agent.revoked_at === 'string' && (
        <p className={styles.fault}>
          {t('agents.shutOutSince')} <Moment at={agent.revoked_at} />
        </p>
      )}
      {may('see_keys') && <Keys agent={id} />}
      {may('see_custody') && <Chain agent={id} />}
      <Losses agent={id} />
      {may('manage_agents') && isExpected(agent) && <ShutOut agent={id} />}
    </div>
  );
}
