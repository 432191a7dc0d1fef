// The parts of a page that have addresses of their own; nothing where there is one alone.
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import styles from './PageTabs.module.css';
import { cx } from './cx';

export interface PageTab {
  href: string;
  text: string;
}

export function PageTabs({ tabs }: { tabs: readonly PageTab[] }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  if (tabs.length < 2) return null;
  return (
    <nav className={styles.tabs} aria-label={t('nav.parts')}>
      {tabs.map(({ href, text }) => (
        <Link
          key={href}
          href={href}
          className={cx(styles.tab, path === href && styles.current)}
          aria-current={path === href ? 'page' : undefined}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
