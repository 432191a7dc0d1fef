// The table of agents, those that are missed first.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Agent } from '../../api/types';
import { isExpected, isOnline } from '../../state/cameras';
import { AgentMark } from '../../ui/AgentMark';
import { Moment } from '../../ui/Moment';
import { cx } from '../../ui/cx';
import styles from './AgentsPage.module.css';
import { Clock } from './Clock';

export function AgentTable({ agents }: { agents: readonly Agent[] }) {
  const { t } = useTranslation();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('agents.agent')}</th>
          <th scope="col">{t('agents.state')}</th>
          <th scope="col">{t('agents.since')}</th>
          <th scope="col">{t('agents.version')}</th>
          <th scope="col">{t('agents.clock')}</th>
          <th scope="col">{t('agents.enrolled')}</th>
        </tr>
      </thead>
      <tbody>
        {agents.map((agent) => (
          <tr
            key={agent.id}
            className={cx(isExpected(agent) && !isOnline(agent) && styles.missing)}
          >
            <th scope="row">
              <Link href={`/agents/${encodeURIComponent(agent.id)}`}>{agent.id}</Link>
            </th>
            <td data-label={t('agents.state')}>
              <AgentMark agent={agent} />
            </td>
            <td data-label={t('agents.since')}>
              <Moment at={agent.since} as="stack" />
            </td>
            <td data-label={t('agents.version')}>{agent.version}</td>
            <td data-label={t('agents.clock')}>
              <Clock agent={agent} />
            </td>
            <td data-label={t('agents.enrolled')}>
              <Moment at={agent.enrolled_at} as="stack" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
