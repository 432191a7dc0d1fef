// A moment as an operator reads it: how long ago, and the exact local time.
import { useTranslation } from 'react-i18next';

import { localTime, relativeTime } from '../i18n/format';
import { useNow } from '../state/now';
import styles from './Moment.module.css';

interface Props {
  at: string;
  /** `line` says "3 minutes ago · 14:02:11", `stack` the same on two lines. */
  as?: 'line' | 'stack' | 'exact';
}

export function Moment({ at, as = 'line' }: Props) {
  useTranslation();
  const now = useNow();
  const moment = new Date(at);
  const exact = localTime(moment, now);
  const relative = relativeTime(moment, now);
  return (
    <time className={styles[as]} dateTime={at}>
      {as !== 'exact' && <span>{relative}</span>}
      {as === 'line' && ' · '}
      <span>{exact}</span>
    </time>
  );
}
