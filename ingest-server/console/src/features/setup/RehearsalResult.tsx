// What a changed policy would have done: how many each rule takes, what lies in the tray, what moves.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Rehearsal } from '../../api/setup';
import { wholeNumber } from '../../i18n/format';
import { useUnitName } from '../../state/casework';
import styles from './PolicyPage.module.css';

/** Most incidents that are listed one by one. */
const MOST = 50;

export function RehearsalResult({ found }: { found: Rehearsal }) {
  const { t } = useTranslation();
  const unitName = useUnitName();
  const unit = (id: string | null | undefined): string =>
    typeof id === 'string' ? unitName(id) : t('case.tray');
  return (
    <div className={styles.result} role="status">
      <p>
        {t('setup.lookedAt', { count: found.looked_at })}{' '}
        <strong>{t('setup.moved', { count: found.moved.length })}</strong>
      </p>
      <ul>
        {Object.entries(found.taken).map(([rule, count]) => (
          <li key={rule}>
            {rule}: <strong>{wholeNumber(count)}</strong>
          </li>
        ))}
        <li>
          {t('case.tray')}: <strong>{wholeNumber(found.common_tray)}</strong>
        </li>
      </ul>
      {Object.entries(found.broken).map(([rule, why]) => (
        <p key={rule} className={styles.warning}>
          {t('setup.broken', { rule, why })}
        </p>
      ))}
      {found.moved.length > 0 && (
        <ol aria-label={t('setup.moved', { count: found.moved.length })}>
          {found.moved.slice(0, MOST).map((moved) => (
            <li key={moved.id}>
              <Link href={`/incidents/${moved.id}?filter=all`}>
                {t('incident.number', { number: moved.number })}
              </Link>
              : {unit(moved.now)} → {unit(moved.then)}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
