// The header: where one can go, what time it is, who is logged in.
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import type { Session } from '../api/types';
import { clockTime } from '../i18n/format';
import { useNames } from '../i18n/words';
import { useUnitName } from '../state/casework';
import { useNow } from '../state/now';
import { useRights } from '../state/rights';
import { useLogOut } from '../state/session';
import { Button } from '../ui/Button';
import { LanguageSwitch } from '../ui/LanguageSwitch';
import { Logo } from '../ui/Logo';
import { cx } from '../ui/cx';
import styles from './Header.module.css';

/** The pages beside the queue. */
const PAGES = ['/overdue', '/entry', '/cameras', '/agents', '/quarantine', '/policy', '/people'];

interface Props {
  session: Session;
  onHelp: () => void;
}

export function Header({ session, onHelp }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const logOut = useLogOut();
  const unitName = useUnitName();
  const { may, desk } = useRights();
  const [path] = useLocation();
  const on = (page: string): boolean => path === page || path.startsWith(`${page}/`);
  const elsewhere = PAGES.some(on);
  return (
    <header className={styles.header}>
      <span className={styles.brand}>
        <Logo />
        <span className={styles.word}>{t('app.name')}</span>
      </span>
      <nav className={styles.nav} aria-label={t('nav.label')}>
        <Tab
          href="/"
          current={!elsewhere}
          text={t(desk === 'unit' ? 'nav.inbox' : 'nav.incidents')}
        />
        <Tab href="/overdue" current={on('/overdue')} text={t('nav.overdue')} />
        {may('enter_reports') && <Tab href="/entry" current={on('/entry')} text={t('nav.entry')} />}
        <Tab href="/cameras" current={on('/cameras')} text={t('nav.cameras')} />
        {may('see_orders') && desk !== 'unit' && (
          <Tab href="/agents" current={on('/agents') || on('/quarantine')} text={t('nav.agents')} />
        )}
        {may('see_policy') && desk !== 'unit' && (
          <Tab href="/policy" current={on('/policy')} text={t('nav.policy')} />
        )}
        {may('see_accounts') && (
          <Tab href="/people" current={on('/people')} text={t('nav.people')} />
        )}
      </nav>
      <Clock />
      <span className={styles.help}>
        <Button tone="quiet" shortcut="?" onClick={onHelp}>
          <span className={styles.word}>{t('nav.help')}</span>
        </Button>
      </span>
      <LanguageSwitch length="short" />
      <span className={styles.person}>
        <strong>{session.display_name}</strong>
        <span className={styles.role}>
          {name('role', session.role)}
          {typeof session.unit === 'string' && ` · ${unitName(session.unit)}`}
        </span>
      </span>
      <Button
        disabled={logOut.isPending}
        onClick={() => {
          logOut.mutate();
        }}
      >
        {t('nav.logOut')}
      </Button>
    </header>
  );
}

function Tab({ href, current, text }: { href: string; current: boolean; text: string }) {
  return (
    <Link
      href={href}
      className={cx(styles.tab, current && styles.current)}
      aria-current={current ? 'page' : undefined}
    >
      {text}
    </Link>
  );
}

/** Hours and minutes: seconds that tick all day draw the eye for nothing. */
function Clock() {
  const now = useNow();
  return (
    <time className={styles.clock} dateTime={now.toISOString()}>
      {clockTime(now).slice(0, 5)}
    </time>
  );
}
