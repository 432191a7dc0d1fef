// What is reported near the place already: one of it may be the same ("me too").
import { useTranslation } from 'react-i18next';

import { metres } from '../../i18n/format';
import { Moment } from '../../ui/Moment';
import styles from './Report.module.css';
import type { Report } from './useReport';

export function NearbyChoice({ report }: { report: Report }) {
  const { t } = useTranslation();
  if (report.near.length === 0) return null;
  return (
    <fieldset className={styles.field}>
      <legend className={styles.legend}>{t('portal.near')}</legend>
      <ul className={styles.near}>
        {report.near.map((one) => (
          <li key={one.incident}>
            <label className={styles.nearItem}>
              <input
                type="checkbox"
                checked={report.joined === one.incident}
                onChange={(event) => {
                  report.join(event.target.checked ? one.incident : null);
                }}
              />
              <strong>{one.name}</strong>
              <span className={styles.soft}>
                {t('portal.nearItem', {
                  metres: metres(one.distance_m),
                  reporters: one.reporters,
                })}
                {one.seen_by_camera && ` · ${t('portal.nearCamera')}`} ·{' '}
                {t(`portal.stage.${one.stage as 'received'}`)} · <Moment at={one.since} />
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
