// How much an incident matters, by shape and by word; colour only repeats it.
import type { ReactNode } from 'react';

import { useNames } from '../i18n/words';
import styles from './SeverityMark.module.css';
import { cx } from './cx';

const SHAPES: Partial<Record<string, ReactNode>> = {
  critical: <path d="M7 1h10l6 6v10l-6 6H7l-6-6V7z" />,
  high: <path d="M12 1.5 23.5 22H.5z" />,
  medium: <path d="M12 1 23 12 12 23 1 12z" />,
  low: <circle cx="12" cy="12" r="8" />,
};

export function SeverityMark({ severity }: { severity: string }) {
  return (
    <svg className={cx(styles.mark, styles[severity])} viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[severity] ?? SHAPES.low}
    </svg>
  );
}

export function SeverityLabel({ severity }: { severity: string }) {
  const name = useNames();
  return (
    <span className={styles.label}>
      <SeverityMark severity={severity} />
      <span className={styles[severity]}>{name('severity', severity)}</span>
    </span>
  );
}
