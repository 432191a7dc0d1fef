// The mark: a watch that sees, drawn from the letter V.
import styles from './Logo.module.css';

export function Logo() {
  return (
    <svg className={styles.logo} viewBox="0 0 32 32" aria-hidden="true">
      <path className={styles.letter} d="M6 10l10 15 10-15" />
      <circle className={styles.eye} cx="16" cy="9" r="3.4" />
    </svg>
  );
}
