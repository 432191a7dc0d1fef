// The chains of an agent's manifests, one for each outbox that it ever had, and what is wrong in them.
import { useTranslation } from 'react-i18next';

import type { ChainFault } from '../../api/agents';
import { wholeNumber } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { useAgentChain } from '../../state/agents';
import { Failure } from '../../ui/Notice';
import styles from './AgentsPage.module.css';

export function Chain({ agent }: { agent: string }) {
  const { t } = useTranslation();
  const query = useAgentChain(agent);
  const { chains = [], faults = [] } = query.data ?? {};
  return (
    <section className={styles.card} aria-labelledby="chain-title">
      <h2 id="chain-title">{t('agents.chain')}</h2>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <p className={styles.soft}>{t('app.loading')}</p>}
      {query.data !== undefined && chains.length === 0 && (
        <p className={styles.soft}>{t('agents.chainEmpty')}</p>
      )}
      <ul className={styles.chains}>
        {chains.map(({ id, first, last, received }) => (
          <li key={id} className={styles.chain}>
            <span>
              <strong>{t('agents.chainId', { chain: id })}</strong>
              <span className={styles.soft}>
                {' · '}
                {t('agents.chainSpan', {
                  first: wholeNumber(first),
                  last: wholeNumber(last),
                  received: wholeNumber(received),
                })}
              </span>
            </span>
            <Faults faults={faults.filter(({ chain }) => chain === id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Faults({ faults }: { faults: readonly ChainFault[] }) {
  const { t } = useTranslation();
  const name = useNames();
  if (faults.length === 0) {
    return (
      <p className={styles.good}>
        <span aria-hidden="true">✓</span> {t('agents.chainWhole')}
      </p>
    );
  }
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  return (
    <ul className={styles.faults}>
      {kinds.map((kind) => (
        <li key={kind}>
          <p className={styles.fault}>
            <span aria-hidden="true">▲</span> {name('chainFault', kind)}:{' '}
            {faults
              .filter((fault) => fault.kind === kind)
              .map(({ first, last }) =>
                first === last
                  ? t('agents.faultAt', { first: wholeNumber(first) })
                  : t('agents.faultOver', { first: wholeNumber(first), last: wholeNumber(last) }),
              )
              .join(', ')}
          </p>
          <Advice kind={kind} />
        </li>
      ))}
    </ul>
  );
}

/** What to think of it; nothing of a fault that only a newer server knows. */
function Advice({ kind }: { kind: string }) {
  const name = useNames();
  const advice = name('chainAdvice', kind);
  return advice === kind ? null : <p className={styles.soft}>{advice}</p>;
}
