// What outboxes let go because they were full: of one agent, or of all.
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { wholeNumber } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { lossesOf, useGapReports, type Loss } from '../../state/agents';
import { Moment } from '../../ui/Moment';
import { Failure } from '../../ui/Notice';
import { SeverityLabel } from '../../ui/SeverityMark';
import styles from './AgentsPage.module.css';

/** `agent` is none where the losses of all are shown, each then with its agent. */
export function Losses({ agent }: { agent: string | null }) {
  const { t } = useTranslation();
  const query = useGapReports();
  const losses = lossesOf(query.data ?? []).filter((loss) => loss.agent === (agent ?? loss.agent));
  return (
    <section className={styles.card} aria-labelledby="losses-title">
      <h2 id="losses-title">{t('agents.losses')}</h2>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <p className={styles.soft}>{t('app.loading')}</p>}
      {query.data !== undefined && losses.length === 0 && (
        <p className={styles.soft}>{t('agents.lossesEmpty')}</p>
      )}
      {losses.length > 0 && (
        <>
          <p className={styles.soft}>{t('agents.lossesWhat')}</p>
          <Table losses={losses} named={agent === null} />
        </>
      )}
    </section>
  );
}

function Table({ losses, named }: { losses: readonly Loss[]; named: boolean }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {named && <th scope="col">{t('agents.agent')}</th>}
          <th scope="col">{t('agents.lossWhat')}</th>
          <th scope="col">{t('agents.lossSeverity')}</th>
          <th scope="col">{t('agents.lossCount')}</th>
          <th scope="col">{t('agents.lossFirst')}</th>
          <th scope="col">{t('agents.lossLast')}</th>
          <th scope="col">{t('agents.lossTold')}</th>
        </tr>
      </thead>
      <tbody>
        {losses.map(({ agent, outbox, what, severity, count, first, last, told }) => (
          <tr key={`${agent} ${outbox} ${what} ${severity}`}>
            {named && (
              <td data-label={t('agents.agent')}>
                <Link href={`/agents/${encodeURIComponent(agent)}`}>{agent}</Link>
              </td>
            )}
            <th scope="row">{name('lostThing', what)}</th>
            <td data-label={t('agents.lossSeverity')}>
              <SeverityLabel severity={severity} />
            </td>
            <td data-label={t('agents.lossCount')}>{wholeNumber(count)}</td>
            <td data-label={t('agents.lossFirst')}>
              <Moment at={first} as="stack" />
            </td>
            <td data-label={t('agents.lossLast')}>
              <Moment at={last} as="stack" />
            </td>
            <td data-label={t('agents.lossTold')}>
              <Moment at={told} as="stack" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
