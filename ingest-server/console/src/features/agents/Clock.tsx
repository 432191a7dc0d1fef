// What an agent thinks of its clock, and by how much it is off.
import { useTranslation } from 'react-i18next';

import type { Agent } from '../../api/types';
import { wholeNumber } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import styles from './AgentsPage.module.css';

const WRONG: readonly Agent['clock_trust'][] = ['agent_off', 'camera_off', 'stepped'];

export function Clock({ agent: { clock, clock_trust: trust } }: { agent: Agent }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <span>
      <span className={WRONG.includes(trust) ? styles.fault : undefined}>
        {name('clockTrust', trust)}
      </span>
      {clock !== null && clock !== undefined && (
        <span className={styles.soft}>
          {' · '}
          {t('agents.offset', {
            offset: wholeNumber(clock.offset_ms),
            uncertainty: wholeNumber(clock.uncertainty_ms),
            reference: clock.reference,
          })}
        </span>
      )}
    </span>
  );
}
