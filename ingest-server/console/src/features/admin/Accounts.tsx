// The accounts: role, unit, areas and kinds, whether they may log in; a new one, another password.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { ROLES, type Account, type Role } from '../../api/accounts';
import { useNames } from '../../i18n/words';
import { useAccounts, useAccountWish, type AccountWish } from '../../state/accounts';
import { useUnitName, useUnits } from '../../state/casework';
import { isUnitRole, useRights, useUsername } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Blank, Failure, useProblemWords } from '../../ui/Notice';
import { Field } from '../report/Field';
import styles from './AdminPage.module.css';
import { listOf } from './listOf';

export function Accounts() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const query = useAccounts();
  const wish = useAccountWish();
  const manages = useRights().may('manage_accounts');
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const ask = (wanted: AccountWish, done?: () => void): void => {
    wish.mutate(wanted, { onSuccess: () => done?.() });
  };
  return (
    <section className={styles.card} aria-labelledby="accounts-title">
      <h2 id="accounts-title">{t('admin.accounts')}</h2>
      <Table accounts={query.data} manages={manages} busy={wish.isPending} onWish={ask} />
      <p className={styles.fault} role="alert">
        {wish.isError && problemWords(wish.error)}
      </p>
      {manages && <NewAccount busy={wish.isPending} onWish={ask} />}
    </section>
  );
}

interface WishProps {
  busy: boolean;
  onWish: (wish: AccountWish, done?: () => void) => void;
}

interface TableProps extends WishProps {
  accounts: readonly Account[];
  manages: boolean;
}

function Table({ accounts, manages, busy, onWish }: TableProps) {
  const { t } = useTranslation();
  const name = useNames();
  const unitName = useUnitName();
  const own = useUsername();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('admin.person')}</th>
          <th scope="col">{t('admin.role')}</th>
          <th scope="col">{t('case.unit')}</th>
          <th scope="col">{t('admin.scope')}</th>
          <th scope="col">{t('admin.standing')}</th>
          {manages && <th scope="col">{t('admin.change')}</th>}
        </tr>
      </thead>
      <tbody>
        {accounts.map((account) => {
          const { username, scope, disabled } = account;
          const reach = [...(scope.areas ?? []), ...(scope.kinds ?? [])];
          return (
            <tr key={username}>
              <th scope="row">
                {account.display_name}
                <div className={styles.soft}>{username}</div>
              </th>
              <td data-label={t('admin.role')}>{name('role', account.role)}</td>
              <td data-label={t('case.unit')}>
                {typeof account.unit === 'string' ? unitName(account.unit) : '—'}
              </td>
              <td data-label={t('admin.scope')}>
                {reach.length > 0 ? reach.join(', ') : t('admin.everything')}
              </td>
              <td data-label={t('admin.standing')} className={disabled ? styles.fault : undefined}>
                {t(disabled ? 'admin.disabled' : 'admin.active')}
              </td>
              {manages && (
                <td>
                  {/* Nobody changes their own account: the server refuses it too. */}
                  {username === own ? (
                    <span className={styles.soft}>{t('admin.own')}</span>
                  ) : (
                    <span className={styles.verbs}>
                      <Button
                        disabled={busy}
                        onClick={() => {
                          onWish({ kind: 'change', username, change: { disabled: !disabled } });
                        }}
                      >
                        {t(disabled ? 'admin.enable' : 'admin.disable')}
                      </Button>
                      <NewPassword username={username} busy={busy} onWish={onWish} />
                    </span>
                  )}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NewPassword({ username, busy, onWish }: WishProps & { username: string }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onWish({ kind: 'password', username, password }, () => {
      setPassword('');
    });
  };
  return (
    <form className={styles.verbs} onSubmit={submit}>
      <input
        type="password"
        autoComplete="new-password"
        aria-label={t('admin.newPassword', { username })}
        placeholder={t('admin.password')}
        minLength={10}
        required
        className={styles.input}
        value={password}
        onChange={(event) => {
          setPassword(event.target.value);
        }}
      />
      <Button type="submit" disabled={busy || password === ''}>
        {t('admin.setPassword')}
      </Button>
    </form>
  );
}

function NewAccount({ busy, onWish }: WishProps) {
  const { t } = useTranslation();
  const name = useNames();
  const units = useUnits();
  const [role, setRole] = useState<Role>('operator');
  const [form, setForm] = useState(0);
  const needsUnit = isUnitRole(role);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (key: string): string => {
      const value = data.get(key);
      return typeof value === 'string' ? value.trim() : '';
    };
    const account = {
      username: text('username'),
      display_name: text('display_name') === '' ? null : text('display_name'),
      role,
      ...(needsUnit && { unit: text('unit') }),
      scope: { areas: listOf(text('areas')), kinds: listOf(text('kinds')) },
      password: text('password'),
    };
    onWish({ kind: 'add', account }, () => {
      setForm(form + 1);
    });
  };
  return (
    <details>
      <summary>{t('admin.add')}</summary>
      <form key={form} className={styles.form} aria-label={t('admin.add')} onSubmit={submit}>
        <Field label={t('login.username')} hint={t('admin.usernameHint')}>
          {(control) => (
            <input
              {...control}
              name="username"
              required
              maxLength={64}
              pattern="[a-z0-9._\-]+"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label={t('admin.displayName')}>
          {(control) => <input {...control} name="display_name" autoComplete="off" />}
        </Field>
        <Field label={t('admin.role')}>
          {(control) => (
            <select
              {...control}
              value={role}
              onChange={(event) => {
                setRole(event.target.value as Role);
              }}
            >
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {name('role', each)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {needsUnit && (
          <Field label={t('case.unit')}>
            {(control) => (
              <select {...control} name="unit" required defaultValue="">
                <option value="">{t('case.chooseUnit')}</option>
                {units.map((unit) => (
                  <option key={unit.id} value={unit.id}>
                    {unit.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={t('admin.areas')} hint={t('admin.listHint')}>
          {(control) => <input {...control} name="areas" autoComplete="off" />}
        </Field>
        <Field label={t('admin.kinds')} hint={t('admin.listHint')}>
          {(control) => <input {...control} name="kinds" autoComplete="off" />}
        </Field>
        <Field label={t('admin.password')} hint={t('admin.passwordHint')}>
          {(control) => (
            <input
              {...control}
              name="password"
              type="password"
              required
              minLength={10}
              autoComplete="new-password"
            />
          )}
        </Field>
        <Button type="submit" tone="primary" disabled={busy}>
          {t('admin.addNow')}
        </Button>
      </form>
    </details>
  );
}
