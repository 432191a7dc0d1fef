// Every camera and agent: what it does, why it does not, and when its last picture came.
import { useTranslation } from 'react-i18next';

import type { Agent, Camera } from '../../api/types';
import { useNames } from '../../i18n/words';
import { byNeed, isOnline, sightOf, useAgents, useCameras } from '../../state/cameras';
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
    <div className={styles.page}>
      <h1>{t('cameras.title')}</h1>
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
  const name = useNames();
  return (
    <section aria-labelledby="agents-title">
      <h2 id="agents-title" className={styles.heading}>
        {t('cameras.agents')}
      </h2>
      <ul className={styles.agents}>
        {agents.map((agent) => (
          <li key={agent.agent} className={cx(styles.agent, !isOnline(agent) && styles.bad)}>
            <strong>{agent.agent}</strong>
            <span>
              <span aria-hidden="true">{isOnline(agent) ? '●' : '▲'}</span>{' '}
              {name('liveness', agent.liveness)}
            </span>
            {typeof agent.since === 'string' && <Moment at={agent.since} />}
            {typeof agent.version === 'string' && (
              <span>{t('cameras.version', { version: agent.version })}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
