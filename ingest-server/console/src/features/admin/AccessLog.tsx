// Who unmasked what, saw whose contact data, changed which account: an append-only log, each entry holding the hash of
// the one before it. Where it was tampered with it says so.
import { useTranslation } from 'react-i18next';

import { useNames } from '../../i18n/words';
import { useAccessLog } from '../../state/accounts';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { Blank, Failure } from '../../ui/Notice';
import styles from './AdminPage.module.css';

export function AccessLog() {
  const { t } = useTranslation();
  const name = useNames();
  const query = useAccessLog();
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const { pages } = query.data;
  const entries = pages.flatMap((page) => page.items);
  const broken = pages.flatMap((page) => page.broken_at ?? []);
  return (
    <section className={styles.card} aria-labelledby="log-title">
      <h2 id="log-title">{t('admin.log')}</h2>
      {broken.map((seq) => (
        <p key={seq} className={styles.fault} role="alert">
          {t('custody.broken', { seq })}
        </p>
      ))}
      {entries.length === 0 && <p className={styles.soft}>{t('admin.logEmpty')}</p>}
      {entries.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('admin.when')}</th>
              <th scope="col">{t('admin.who')}</th>
              <th scope="col">{t('admin.did')}</th>
              <th scope="col">{t('admin.purpose')}</th>
              <th scope="col">{t('admin.subject')}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.seq}>
                <td data-label={t('admin.when')}>
                  <Moment at={entry.at} as="exact" />
                </td>
                <th scope="row">{entry.actor}</th>
                <td data-label={t('admin.did')}>
                  {name('accessAct', entry.act)}
                  {typeof entry.note === 'string' && (
                    <div className={styles.soft}>{entry.note}</div>
                  )}
                </td>
                <td data-label={t('admin.purpose')}>
                  {typeof entry.purpose === 'string' ? name('purpose', entry.purpose) : '—'}
                </td>
                <td data-label={t('admin.subject')} className={styles.soft}>
                  {entry.subject}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('admin.older')}
        </Button>
      )}
    </section>
  );
}
