// What people decided about an incident, as a small label.
import type { IncidentState } from '../api/types';
import { useNames } from '../i18n/words';
import styles from './StateChip.module.css';
import { cx } from './cx';

const SIGNS: Record<IncidentState, string> = {
  new: '●',
  eligible: '◔',
  not_eligible: '✕',
  acknowledged: '◐',
  confirmed: '✓',
  rejected: '✕',
  routed: '→',
  accepted: '→',
  returned: '↩',
  in_progress: '◕',
  answered: '◆',
  approved: '◆',
  sent_back: '↩',
  published: '◆',
  resolved: '✓',
  closed_unresolved: '✕',
  deferred: '‖',
  reopened: '↻',
};

export function StateChip({ state }: { state: IncidentState }) {
  const name = useNames();
  return (
    <span className={cx(styles.chip, styles[state])}>
      <span aria-hidden="true">{SIGNS[state]}</span> {name('state', state)}
    </span>
  );
}
