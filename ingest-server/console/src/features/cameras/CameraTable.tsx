// The table of cameras, the blind ones first.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Camera } from '../../api/types';
import { wholeNumber } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { cameraName, sightOf, type CameraSight } from '../../state/cameras';
import { Moment } from '../../ui/Moment';
import { cx } from '../../ui/cx';
import styles from './CameraTable.module.css';

export function CameraTable({ cameras }: { cameras: readonly Camera[] }) {
  const { t } = useTranslation();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('cameras.camera')}</th>
          <th scope="col">{t('cameras.state')}</th>
          <th scope="col">{t('cameras.since')}</th>
          <th scope="col">{t('cameras.lastPicture')}</th>
          <th scope="col">{t('cameras.counters')}</th>
        </tr>
      </thead>
      <tbody>
        {cameras.map((camera) => (
          <CameraRow key={`${camera.agent}/${camera.id}`} camera={camera} />
        ))}
      </tbody>
    </table>
  );
}

const SIGNS: Record<CameraSight, string> = { seeing: '●', starting: '○', blind: '▲' };

function CameraRow({ camera }: { camera: Camera }) {
  const { t } = useTranslation();
  const sight = sightOf(camera);
  return (
    <tr className={styles[sight]}>
      <th scope="row">
        <Link
          className={styles.name}
          href={`/cameras/${encodeURIComponent(camera.agent)}/${encodeURIComponent(camera.id)}`}
        >
          {cameraName(camera)}
        </Link>
        <span className={styles.small}>
          {camera.agent} / {camera.id}
        </span>
      </th>
      <td data-label={t('cameras.state')} className={styles.state}>
        <span aria-hidden="true">{SIGNS[sight]}</span> <StateWords camera={camera} />
      </td>
      <td data-label={t('cameras.since')}>
        {typeof camera.since === 'string' ? (
          <Moment at={camera.since} as="stack" />
        ) : (
          t('cameras.unknown')
        )}
      </td>
      <td data-label={t('cameras.lastPicture')} className={cx(sight === 'blind' && styles.old)}>
        {typeof camera.last_picture === 'string' ? (
          <Moment at={camera.last_picture} as="stack" />
        ) : (
          t('cameras.never')
        )}
      </td>
      <td data-label={t('cameras.counters')} className={styles.small}>
        {camera.counters && <Counters counters={camera.counters} />}
      </td>
    </tr>
  );
}

function StateWords({ camera }: { camera: Camera }) {
  const { t } = useTranslation();
  const name = useNames();
  if (camera.agent_liveness !== 'online') {
    return t('cameras.agentOffline', { agent: camera.agent });
  }
  const state = name('cameraState', camera.state ?? 'unknown');
  return typeof camera.reason === 'string'
    ? `${state}: ${name('cameraReason', camera.reason)}`
    : state;
}

function Counters({ counters }: { counters: NonNullable<Camera['counters']> }) {
  const { t } = useTranslation();
  const { received, analysed, dropped, reconnects } = counters;
  return (
    <>
      {t('cameras.received', { value: wholeNumber(received) })} ·{' '}
      {t('cameras.analysed', { value: wholeNumber(analysed) })} ·{' '}
      {t('cameras.dropped', { value: wholeNumber(dropped) })} ·{' '}
      {t('cameras.reconnects', { value: wholeNumber(reconnects) })}
    </>
  );
}
