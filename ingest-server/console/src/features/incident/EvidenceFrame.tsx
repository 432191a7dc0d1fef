// One piece of evidence, or in words why it cannot be seen (yet). What is played may be a copy: then
// it says so, and the original is one click away.
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { evidenceUrl } from '../../api/endpoints';
import type { Evidence, IncidentDetail } from '../../api/types';
import { useNames } from '../../i18n/words';
import styles from './EvidenceFrame.module.css';
import { isClip, isDerived, isViewingExpected, playedUrl, type View } from './evidence';

interface Props {
  incident: IncidentDetail;
  view: View;
  /** What the view is called. */
  name: string;
  /** The still that stands in for the clip until its first picture is there. */
  poster: Evidence | undefined;
}

export function EvidenceFrame({ incident, view, name: viewName, poster }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  // The address and not a flag: when a copy comes that can be played, it is tried.
  const [unplayable, setUnplayable] = useState<string | null>(null);

  const { entry, kind } = view;
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

  const original = evidenceUrl(incident.id, entry.id);
  const source = playedUrl(original, entry);
  const fail = (): void => {
    setUnplayable(source);
  };
  if (unplayable === source) {
    return (
      <Words>
        {t(isViewingExpected(entry) ? 'evidence.viewingExpected' : 'evidence.unplayable')}{' '}
        <a href={original} download>
          {t('evidence.download')}
        </a>
      </Words>
    );
  }
  const { number } = incident;
  const altOf = (): string => {
    if (kind === 'still') return t('evidence.stillAlt', { number });
    if (kind === 'still_overlay') return t('evidence.overlayAlt', { number });
    return t('evidence.pictureAlt', { view: viewName, number });
  };
  return (
    <>
      <div className={styles.frame}>
        {isClip(kind) ? (
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
          <img className={styles.media} src={source} alt={altOf()} onError={fail} />
        )}
      </div>
      {isDerived(entry) && (
        <p className={styles.derived}>
          {t('evidence.derived', { sha256: entry.sha256?.slice(0, 12) ?? '' })}{' '}
          <a href={original} download>
            {t('evidence.downloadOriginal')}
          </a>
        </p>
      )}
    </>
  );
}

function Words({ children }: { children: ReactNode }) {
  return (
    <div className={styles.frame}>
      <p className={styles.words}>{children}</p>
    </div>
  );
}
