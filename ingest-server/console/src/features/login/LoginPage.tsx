// The log-in page; after an expired session it says so, and the address keeps the place.
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { useLogIn } from '../../state/session';
import { Button } from '../../ui/Button';
import { LanguageSwitch } from '../../ui/LanguageSwitch';
import { Logo } from '../../ui/Logo';
import { useProblemText } from '../../ui/Notice';
import styles from './LoginPage.module.css';

interface Props {
  /** Who was logged in until the session expired. */
  expiredUser: string | null;
}

export function LoginPage({ expiredUser }: Props) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const logIn = useLogIn();
  const [username, setUsername] = useState(expiredUser ?? '');
  const [password, setPassword] = useState('');
  const [incomplete, setIncomplete] = useState(false);

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // The first thing to type: the name, or only the password of whoever was here before.
    const field = expiredUser === null ? 'username' : 'password';
    form.current?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
  }, [expiredUser]);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const missing = username.trim() === '' || password === '';
    setIncomplete(missing);
    if (!missing) logIn.mutate({ username: username.trim(), password });
  };

  const fault = incomplete ? t('login.empty') : logIn.error && problemText(logIn.error);

  return (
    <main className={styles.page}>
      <form
        ref={form}
        className={styles.card}
        onSubmit={submit}
        aria-labelledby="login-title"
        noValidate
      >
        <div className={styles.brand}>
          <Logo />
          <span className={styles.name}>{t('app.name')}</span>
        </div>
        <p className={styles.lead}>{t('login.lead')}</p>
        <h1 id="login-title">{t('login.title')}</h1>
        {expiredUser !== null && (
          <p className={styles.expired} role="status">
            {t('login.expired')}
          </p>
        )}
        <label className={styles.field}>
          {t('login.username')}
          <input
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => {
              setUsername(event.target.value);
            }}
          />
        </label>
        <label className={styles.field}>
          {t('login.password')}
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
            }}
          />
        </label>
        <p className={styles.fault} role="alert">
          {fault}
        </p>
        <Button type="submit" tone="primary" disabled={logIn.isPending}>
          {logIn.isPending ? t('login.submitting') : t('login.submit')}
        </Button>
      </form>
      <LanguageSwitch />
    </main>
  );
}
