// Every camera and agent: what it does, why it does not, and when its last picture came.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Agent, Camera } from '../../api/types';
import { byNeed, isExpected, isOnline, sightOf, useAgents, useCameras } from '../../state/cameras';
import { useRights } from '../../state/rights';
import { AgentMark } from '../../ui/AgentMark';
import { Blank, Failure } from '../../ui/Notice';
import { Moment } from '../../ui/Moment';
import { cx } from '../../ui/cx';
import { CameraTable } from './CameraTable';
import styles from './CamerasPage.module.css';

export function CamerasPage() {
  const { t } = useTranslation();
  const cameras = useCameras();
  const agents = useAgents();
  return (
    // Focusable, so that the arrow keys scroll it.
    <div className={styles.page} role="region" aria-labelledby="cameras-title" tabIndex={0}>
      <h1 id="cameras-title">{t('cameras.title')}</h1>
      {cameras.isError && <Failure error={cameras.error} onRetry={() => void cameras.refetch()} />}
      {cameras.isPending && <Blank title={t('app.loading')} />}
      {cameras.data && <Cameras cameras={cameras.data} />}
      {agents.data && agents.data.length > 0 && <Agents agents={agents.data} />}
    </div>
  );
}

function Cameras({ cameras }: { cameras: readonly Camera[] }) {
  const { t } = useTranslation();
  const total = cameras.length;
  if (total === 0) return <Blank title={t('cameras.empty')} hint={t('cameras.emptyHint')} />;
  const bad = cameras.filter((camera) => sightOf(camera) === 'blind').length;
  const good = cameras.filter((camera) => sightOf(camera) === 'seeing').length;
  return (
    <>
      <p className={cx(styles.summary, bad > 0 && styles.bad)}>
        {bad > 0
          ? t('cameras.summaryBad', { bad, total })
          : t('strip.camerasCalm', { good, total })}
      </p>
      <CameraTable cameras={byNeed(cameras)} />
    </>
  );
}

function Agents({ agents }: { agents: readonly Agent[] }) {
  const { t } = useTranslation();
  const { may } = useRights();
  return (
    <section aria-labelledby="agents-title">
      <h2 id="agents-title" className={styles.heading}>
        {t('cameras.agents')}
      </h2>
      <ul className={styles.agents}>
        {agents.map((agent) => (
          <li
            key={agent.id}
            className={cx(styles.agent, isExpected(agent) && !isOnline(agent) && styles.bad)}
          >
            <strong>
              {may('see_orders') ? (
                <Link href={`/agents/${encodeURIComponent(agent.id)}`}>{agent.id}</Link>
              ) : (
                agent.id
              )}
            </strong>
            <AgentMark agent={agent} />
            <Moment at={agent.since} />
            <span>{t('cameras.version', { version: agent.version })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
