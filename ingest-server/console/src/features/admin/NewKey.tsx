// A key to be made: what for, for whom, which of its account's rights, where, until when.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { ApiKeyRequest } from '../../api/keys';
import { useNames } from '../../i18n/words';
import { useAccounts } from '../../state/accounts';
import { daysOfEnding, endOfDay } from '../../state/keys';
import { useNow } from '../../state/now';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { useProblemWords } from '../../ui/Notice';
import { Field } from '../report/Field';
import styles from './AdminPage.module.css';
import { listOf } from './listOf';

interface Props {
  busy: boolean;
  error: Error | null;
  onMake: (wanted: ApiKeyRequest) => void;
}

export function NewKey({ busy, error, onMake }: Props) {
  const { t } = useTranslation();
  const name = useNames();
  const problemWords = useProblemWords();
  const accounts = useAccounts().data?.filter(({ disabled }) => !disabled) ?? [];
  const days = daysOfEnding(useNow());
  const [rights, setRights] = useState<ReadonlySet<string>>(new Set());
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (key: string): string => {
      const value = data.get(key);
      return typeof value === 'string' ? value.trim() : '';
    };
    onMake({
      name: text('name'),
      account: text('account'),
      rights: [...rights],
      scope: { areas: listOf(text('areas')), kinds: listOf(text('kinds')) },
      expires_at: endOfDay(text('until')),
    });
  };
  return (
    <section className={styles.card}>
      <details>
        <summary>{t('keys.add')}</summary>
        <form className={styles.form} aria-label={t('keys.add')} onSubmit={submit}>
          <Field label={t('keys.name')} hint={t('keys.nameHint')}>
            {(control) => (
              <input {...control} name="name" required maxLength={100} autoComplete="off" />
            )}
          </Field>
          <Field label={t('keys.account')}>
            {(control) => (
              <select {...control} name="account" required defaultValue="">
                <option value="">{t('keys.chooseAccount')}</option>
                {accounts.map(({ username, display_name: person, role }) => (
                  <option key={username} value={username}>
                    {`${person} (${username}) · ${name('role', role)}`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('keys.until')} hint={t('keys.untilHint')}>
            {(control) => (
              <input
                {...control}
                name="until"
                type="date"
                required
                min={days.first}
                max={days.last}
              />
            )}
          </Field>
          <Field label={t('admin.areas')} hint={t('admin.listHint')}>
            {(control) => <input {...control} name="areas" autoComplete="off" />}
          </Field>
          <Field label={t('admin.kinds')} hint={t('admin.listHint')}>
            {(control) => <input {...control} name="kinds" autoComplete="off" />}
          </Field>
          <RightsChoice
            chosen={rights}
            onChoose={(right) => {
              const next = new Set(rights);
              if (!next.delete(right)) next.add(right);
              setRights(next);
            }}
          />
          <p className={styles.fault} role="alert">
            {error !== null && problemWords(error)}
          </p>
          <Button type="submit" tone="primary" disabled={busy || rights.size === 0}>
            {t('keys.addNow')}
          </Button>
        </form>
      </details>
    </section>
  );
}

interface RightsProps {
  chosen: ReadonlySet<string>;
  onChoose: (right: string) => void;
}

/** Whoever makes keys has every right there is, so theirs are the ones to choose from. */
function RightsChoice({ chosen, onChoose }: RightsProps) {
  const { t } = useTranslation();
  const name = useNames();
  const { held } = useRights();
  return (
    <fieldset className={styles.rights} aria-describedby="rights-hint">
      <legend>{t('keys.rights')}</legend>
      <p id="rights-hint" className={styles.soft}>
        {t('keys.rightsHint')}
      </p>
      {held.map((right) => (
        <label key={right}>
          <input
            type="checkbox"
            checked={chosen.has(right)}
            onChange={() => {
              onChoose(right);
            }}
          />
          {name('right', right)}
        </label>
      ))}
    </fieldset>
  );
}
