// One piece of evidence, or in words why it cannot be seen (yet).
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { evidenceUrl } from '../../api/endpoints';
import type { Evidence, IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import styles from './EvidenceFrame.module.css';
import { isClip, type View } from './evidence';

interface Props {
  incident: IncidentDetail;
  view: View;
  entry: Evidence | undefined;
  /** The still that stands in for the clip until its first picture is there. */
  poster: Evidence | undefined;
}

export function EvidenceFrame({ incident, view, entry, poster }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const [unplayable, setUnplayable] = useState(false);

  if (entry === undefined) return <Words>{t('evidence.absent')}</Words>;
  switch (entry.state) {
    case 'pending':
      return <Words>{t('evidence.pending')}</Words>;
    case 'sealed':
      return <Words>{t('evidence.sealed')}</Words>;
    case 'stored':
      break;
    case 'unavailable': {
      const reason = name('unavailableReason', entry.reason ?? entry.state);
      return <Words>{t('evidence.unavailable', { reason })}</Words>;
    }
  }

  const source = evidenceUrl(incident.id, entry.id);
  const fail = (): void => {
    setUnplayable(true);
  };
  if (unplayable) {
    return (
      <Words>
        {t('evidence.unplayable')}{' '}
        <a href={source} download>
          {t('evidence.download')}
        </a>
      </Words>
    );
  }
  const { number } = incident;
  const altOf = (shown: View): string => {
    if (shown === 'still') return t('evidence.stillAlt', { number });
    if (shown === 'still_overlay') return t('evidence.overlayAlt', { number });
    return t('evidence.pictureAlt', { view: t(`evidence.${shown}`), number });
  };
  return (
    <div className={styles.frame}>
      {isClip(view) ? (
        <video
          className={styles.media}
          src={source}
          poster={poster?.state === 'stored' ? evidenceUrl(incident.id, poster.id) : undefined}
          aria-label={t('evidence.clipAlt', { number })}
          controls
          loop
          muted
          playsInline
          autoPlay={!window.matchMedia('(prefers-reduced-motion: reduce)').matches}
          onError={fail}
        />
      ) : (
        <img className={styles.media} src={source} alt={altOf(view)} onError={fail} />
      )}
    </div>
  );
}

function Words({ children }: { children: ReactNode }) {
  return (
    <div className={styles.frame}>
      <p className={styles.words}>{children}</p>
    </div>
  );
}
