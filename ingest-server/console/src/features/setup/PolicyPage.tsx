// The policy of the installation: rules of routing in their order, units, deadlines, calls, times of the desk, areas.
// Looked over as tables, changed as the document they are, tried on the past before they are set.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';

import type { Policy, SetupAnswer } from '../../api/setup';
import { useRights } from '../../state/rights';
import { usePolicy } from '../../state/setup';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import { cx } from '../../ui/cx';
import { AreasPart } from './AreasPart';
import { PolicyEditor, Unknown } from './PolicyEditor';
import styles from './PolicyPage.module.css';
import { SECTION_NAMES, type Section } from './sections';

const PARTS = [...SECTION_NAMES, 'areas'] as const;

export function PolicyPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const { may } = useRights();
  const part = PARTS.find((known) => known === search.get('part')) ?? 'rules';
  if (!may('see_policy')) return <Blank title={t('app.notAllowed')} />;
  return (
    <div className={styles.page} role="region" aria-labelledby="policy-title" tabIndex={0}>
      <h1 id="policy-title">{t('setup.title')}</h1>
      <div className={styles.tabs} role="group" aria-label={t('setup.parts')}>
        {PARTS.map((choice) => (
          <button
            key={choice}
            type="button"
            className={cx(styles.tab, choice === part && styles.current)}
            aria-pressed={choice === part}
            onClick={() => {
              setSearch({ part: choice }, { replace: true });
            }}
          >
            {t(`setup.part.${choice}`)}
          </button>
        ))}
      </div>
      {!may('set_policy') && <p className={styles.soft}>{t('setup.mayNotSet')}</p>}
      {/* Hidden, not gone: a draft outlives a look at the areas. */}
      <div hidden={part === 'areas'}>
        <PolicyPart section={part === 'areas' ? 'rules' : part} />
      </div>
      {part === 'areas' && <AreasPart />}
    </div>
  );
}

function PolicyPart({ section }: { section: Section }) {
  const { t } = useTranslation();
  const query = usePolicy();
  // What is being edited stays, whatever somebody else sets meanwhile.
  const [base, setBase] = useState<Policy | null>(null);
  const [answer, setAnswer] = useState<SetupAnswer | null>(null);
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const latest = query.data;
  const shown = base ?? latest;
  return (
    <>
      {shown.version !== latest.version && (
        <p className={styles.warning} role="alert">
          {t('setup.newer', { version: latest.version })}{' '}
          <Button
            onClick={() => {
              setBase(null);
            }}
          >
            {t('setup.reload')}
          </Button>
        </p>
      )}
      <PolicyEditor
        key={shown.version}
        policy={shown}
        section={section}
        onEdit={() => {
          setBase(shown);
        }}
        onSet={(said) => {
          setAnswer(said);
          setBase(null);
        }}
      />
      {answer !== null && shown.version === answer.policy_version && <Unknown answer={answer} />}
    </>
  );
}
