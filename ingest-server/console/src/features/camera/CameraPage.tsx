// One camera: how it does, what it is asked to do once and what it answered, and what is wanted of it.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Camera } from '../../api/types';
import { useNames } from '../../i18n/words';
import { cameraName, useCameras } from '../../state/cameras';
import { useRights } from '../../state/rights';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import styles from './CameraPage.module.css';
import { Commands } from './Commands';
import { Desired } from './Desired';

interface Props {
  agent: string;
  id: string;
}

export function CameraPage({ agent, id }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const { may } = useRights();
  const cameras = useCameras();
  if (cameras.data === undefined) {
    return cameras.isError ? (
      <Failure error={cameras.error} onRetry={() => void cameras.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const camera = cameras.data.find((one) => one.agent === agent && one.id === id);
  if (camera === undefined) {
    return (
      <Blank title={t('camera.missing')} hint={<Link href="/cameras">{t('camera.back')}</Link>} />
    );
  }
  return (
    <div className={styles.page} role="region" aria-labelledby="camera-title" tabIndex={0}>
      <header className={styles.head}>
        <Link href="/cameras">{t('camera.back')}</Link>
        <h1 id="camera-title">{cameraName(camera)}</h1>
        <p className={styles.soft}>
          {camera.agent} / {camera.id} ·{' '}
          {camera.agent_liveness === 'online'
            ? name('cameraState', camera.state ?? 'unknown')
            : t('cameras.agentOffline', { agent: camera.agent })}
          <Pose camera={camera} />
          {typeof camera.last_picture === 'string' && (
            <>
              {' '}
              · {t('cameras.lastPicture')}: <Moment at={camera.last_picture} />
            </>
          )}
        </p>
      </header>
      {may('see_orders') ? (
        <div className={styles.parts}>
          <Commands agent={agent} camera={id} />
          <Desired agent={agent} camera={id} />
        </div>
      ) : (
        <Blank title={t('app.notAllowed')} hint={t('camera.notAllowed')} />
      )}
    </div>
  );
}

/** Where a camera that turns looks, as far as its agent knows now; nothing for a fixed one. */
function Pose({ camera }: { camera: Camera }) {
  const { t } = useTranslation();
  const { pose, pose_state: state } = camera;
  if (camera.agent_liveness !== 'online' || typeof state !== 'string') return null;
  return (
    <>
      {' '}
      ·{' '}
      {state === 'standing'
        ? `${t('camera.pose')}: ${pose ?? ''}`
        : t(state === 'turning' ? 'camera.poseTurning' : 'camera.poseUnknown')}
    </>
  );
}
