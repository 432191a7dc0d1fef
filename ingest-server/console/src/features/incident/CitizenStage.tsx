// The stage of an incident that no camera has seen: what citizens sent, one picture or film at a time.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { reportFileUrl, type CitizenReport } from '../../api/reports';
import type { IncidentDetail } from '../../api/types';
import { cx } from '../../ui/cx';
import { useKeys } from '../../ui/useKeys';
import frame from './EvidenceFrame.module.css';
import styles from './EvidenceStage.module.css';

interface Shown {
  key: string;
  url: string;
  isFilm: boolean;
  report: CitizenReport;
}

export function CitizenStage({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const [chosen, choose] = useState(0);
  const all: Shown[] = incident.citizen_reports.flatMap((report) =>
    report.files.map((file) => ({
      key: file.id,
      url: reportFileUrl(report.id, file.id),
      isFilm: file.mime.startsWith('video/'),
      report,
    })),
  );
  const shown = all[chosen] ?? all[0];
  useKeys({
    V: () => {
      if (all.length > 0) choose((chosen + 1) % all.length);
    },
  });
  return (
    <section className={styles.stage} aria-label={t('evidence.label')}>
      <div className={styles.bar}>
        {all.length > 1 && (
          <div className={styles.choices} role="group" aria-label={t('evidence.views')}>
            {all.map((one, index) => (
              <button
                key={one.key}
                type="button"
                className={cx(styles.choice, index === chosen && styles.current)}
                aria-pressed={index === chosen}
                onClick={() => {
                  choose(index);
                }}
              >
                {t('citizens.picture', { number: one.report.number })}
              </button>
            ))}
          </div>
        )}
        <span className={styles.sightings}>{t('incident.toldByCitizens')}</span>
      </div>
      <div className={frame.frame}>
        {shown === undefined ? (
          <p className={frame.words}>{t('citizens.noPictures')}</p>
        ) : (
          <Media key={shown.key} shown={shown} />
        )}
      </div>
    </section>
  );
}

function Media({ shown }: { shown: Shown }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const label = t('citizens.picture', { number: shown.report.number });
  const fail = (): void => {
    setFailed(true);
  };
  if (failed) return <p className={frame.words}>{t('citizens.masked')}</p>;
  return shown.isFilm ? (
    <video
      className={frame.media}
      src={shown.url}
      controls
      muted
      playsInline
      aria-label={label}
      onError={fail}
    />
  ) : (
    <img className={frame.media} src={shown.url} alt={label} onError={fail} />
  );
}
