// The header: where one can go, what time it is, who is logged in.
import { useTranslation } from 'react-i18next';
import { Link, useRoute } from 'wouter';

import type { Session } from '../api/types';
import { clockTime } from '../i18n/format';
import { useNames } from '../i18n/words';
import { useNow } from '../state/now';
import { useLogOut } from '../state/session';
import { Button } from '../ui/Button';
import { LanguageSwitch } from '../ui/LanguageSwitch';
import { Logo } from '../ui/Logo';
import { cx } from '../ui/cx';
import styles from './Header.module.css';

interface Props {
  session: Session;
  onHelp: () => void;
}

export function Header({ session, onHelp }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const logOut = useLogOut();
  const [onCameras] = useRoute('/cameras');
  const [onOverdue] = useRoute('/overdue');
  return (
    <header className={styles.header}>
      <span className={styles.brand}>
        <Logo />
        {t('app.name')}
      </span>
      <nav className={styles.nav} aria-label={t('nav.label')}>
        <Tab href="/" current={!onCameras && !onOverdue} text={t('nav.incidents')} />
        <Tab href="/overdue" current={onOverdue} text={t('nav.overdue')} />
        <Tab href="/cameras" current={onCameras} text={t('nav.cameras')} />
      </nav>
      <Clock />
      <Button tone="quiet" shortcut="?" onClick={onHelp}>
        {t('nav.help')}
      </Button>
      <LanguageSwitch length="short" />
      <span className={styles.person}>
        <strong>{session.display_name}</strong>
        <span className={styles.role}>{name('role', session.role)}</span>
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
