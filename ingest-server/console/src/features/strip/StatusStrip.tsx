// The strip under the header: always there, always of one height, calm only while the connection
// stands and every camera and agent is there.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { clockTime } from '../../i18n/format';
import { isExpected, isOnline, sightOf, useAgents, useCameras } from '../../state/cameras';
import { useLive } from '../../state/live';
import { cx } from '../../ui/cx';
import styles from './StatusStrip.module.css';

export function StatusStrip() {
  const { t } = useTranslation();
  return (
    <div className={styles.strip} role="status" aria-label={t('strip.label')}>
      <LivePart />
      <Link href="/cameras" className={styles.link} title={t('strip.showCameras')}>
        <CamerasPart />
        <AgentsPart />
      </Link>
    </div>
  );
}

function LivePart() {
  const { t } = useTranslation();
  const live = useLive();
  switch (live.kind) {
    case 'live':
      return <Part tone="good">{t('strip.live')}</Part>;
    case 'connecting':
      return <Part tone="unsure">{t('strip.connecting')}</Part>;
    case 'lost':
      return <Part tone="bad">{t('strip.lost', { time: clockTime(live.since) })}</Part>;
  }
}

function CamerasPart() {
  const { t } = useTranslation();
  const cameras = useCameras().data;
  if (cameras === undefined) return <Part tone="unsure">{t('strip.unknown')}</Part>;
  const total = cameras.length;
  if (total === 0) return <Part tone="unsure">{t('strip.camerasNone')}</Part>;
  const bad = cameras.filter((camera) => sightOf(camera) === 'blind').length;
  const good = cameras.filter((camera) => sightOf(camera) === 'seeing').length;
  if (bad > 0) return <Part tone="bad">{t('strip.camerasBad', { bad, total })}</Part>;
  return (
    <Part tone={good === total ? 'good' : 'unsure'}>{t('strip.camerasCalm', { good, total })}</Part>
  );
}

function AgentsPart() {
  const { t } = useTranslation();
  const agents = useAgents().data?.filter(isExpected);
  if (agents === undefined || agents.length === 0) return null;
  const total = agents.length;
  const good = agents.filter(isOnline).length;
  return good === total ? (
    <Part tone="good">{t('strip.agentsCalm', { good, total })}</Part>
  ) : (
    <Part tone="bad">{t('strip.agentsBad', { bad: total - good, total })}</Part>
  );
}

type Tone = 'good' | 'unsure' | 'bad';

/** The sign differs by shape, so that the strip reads without colour. */
const SIGNS: Record<Tone, string> = { good: '●', unsure: '○', bad: '▲' };

function Part({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={cx(styles.part, styles[tone])} data-tone={tone}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}
