// A section of the policy as a table: rules in their order with their conditions in words, the tree of units, limits
// by urgency and stage. What has no table is read in its text.
import { useTranslation } from 'react-i18next';

import { useNames } from '../../i18n/words';
import { Button } from '../../ui/Button';
import styles from './PolicyPage.module.css';
import { rulesOf, unitRows, wordOf, type PolicyDocument, type Section } from './sections';

interface Props {
  draft: PolicyDocument;
  section: Section;
  /** Moves a rule up or down; absent where nothing may be changed. */
  onMove: ((at: number, by: -1 | 1) => void) | undefined;
}

export function PolicyTable({ draft, section, onMove }: Props) {
  switch (section) {
    case 'rules':
      return <Rules draft={draft} onMove={onMove} />;
    case 'units':
      return <Units draft={draft} />;
    case 'deadlines':
      return <Limits draft={draft} />;
    case 'calls':
      return <Calls draft={draft} />;
    case 'desk':
      return <Desk draft={draft} />;
  }
}

function Rules({ draft, onMove }: Omit<Props, 'section'>) {
  const { t } = useTranslation();
  const name = useNames();
  const rules = rulesOf(draft);
  const unitNames = new Map(unitRows(draft).map((unit) => [unit.id, unit.name]));
  const unit = (id: string): string => unitNames.get(id) ?? id;
  if (rules.length === 0) return <p>{t('setup.noRules')}</p>;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('setup.order')}</th>
          <th scope="col">{t('setup.rule')}</th>
          <th scope="col">{t('setup.when')}</th>
          <th scope="col">{t('setup.goesTo')}</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule, index) => (
          <tr key={`${index} ${rule.name}`}>
            <td>
              {index + 1}
              {onMove !== undefined && (
                <span className={styles.moves}>
                  <Button
                    aria-label={t('setup.up', { rule: rule.name })}
                    disabled={index === 0}
                    onClick={() => {
                      onMove(index, -1);
                    }}
                  >
                    ↑
                  </Button>
                  <Button
                    aria-label={t('setup.down', { rule: rule.name })}
                    disabled={index === rules.length - 1}
                    onClick={() => {
                      onMove(index, 1);
                    }}
                  >
                    ↓
                  </Button>
                </span>
              )}
            </td>
            <th scope="row">{rule.name}</th>
            <td>
              {Object.keys(rule.when).length === 0 && t('setup.always')}
              {Object.entries(rule.when).map(([term, value]) => (
                <div key={term}>
                  {name('term', term)}: <strong>{wordOf(value)}</strong>
                </div>
              ))}
            </td>
            <td>
              <strong>{unit(rule.lead)}</strong>
              {rule.supporting.length > 0 && (
                <div className={styles.soft}>
                  {t('case.supporting', { units: rule.supporting.map(unit).join(', ') })}
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Units({ draft }: { draft: PolicyDocument }) {
  const { t } = useTranslation();
  const rows = unitRows(draft);
  if (rows.length === 0) return <p>{t('setup.noUnits')}</p>;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('case.unit')}</th>
          <th scope="col">{t('setup.id')}</th>
          <th scope="col">{t('setup.approval')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((unit) => (
          <tr key={unit.id}>
            <th scope="row" style={{ paddingInlineStart: `${1 + unit.depth * 1.5}rem` }}>
              {unit.name}
            </th>
            <td>{unit.id}</td>
            <td>{t(unit.approval === 'not_needed' ? 'setup.notNeeded' : 'setup.byLeader')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A list of the document, each entry an object. */
function listOf(draft: PolicyDocument, key: string): Record<string, unknown>[] {
  const list = draft[key];
  return Array.isArray(list)
    ? list.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];
}

function Limits({ draft }: { draft: PolicyDocument }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('setup.urgency')}</th>
          <th scope="col">{t('overdue.stage')}</th>
          <th scope="col">{t('setup.category')}</th>
          <th scope="col">{t('setup.hours')}</th>
          <th scope="col">{t('setup.warn')}</th>
        </tr>
      </thead>
      <tbody>
        {listOf(draft, 'limits').map((limit, index) => (
          <tr key={index}>
            <td>{limit.urgency === undefined ? '—' : name('urgency', wordOf(limit.urgency))}</td>
            <th scope="row">{name('stage', wordOf(limit.stage))}</th>
            <td>{wordOf(limit.category) || t('setup.every')}</td>
            <td>
              {wordOf(limit.hours)} h ·{' '}
              {t(limit.clock === 'working' ? 'setup.working' : 'setup.aroundTheClock')}
            </td>
            <td>{wordOf(limit.warn_hours)} h</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Calls({ draft }: { draft: PolicyDocument }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <ul className={styles.plain}>
      {listOf(draft, 'call_trees').map((tree, index) => (
        <li key={index}>
          <strong>{wordOf(tree.category) || t('setup.every')}</strong>
          <ol>
            {listOf(tree, 'ladder').map((rung, step) => (
              <li key={step}>
                {name('contact', wordOf(rung.contact))} ·{' '}
                {t('setup.waits', { minutes: wordOf(rung.wait_minutes) })}
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}

function Desk({ draft }: { draft: PolicyDocument }) {
  const { t } = useTranslation();
  const name = useNames();
  const desk = draft.desk;
  const times = typeof desk === 'object' && desk !== null ? Object.entries(desk) : [];
  return (
    <dl className={styles.desk}>
      <dt>{t('setup.zone')}</dt>
      <dd>{wordOf(draft.time_zone)}</dd>
      <dt>{t('setup.urgentFrom')}</dt>
      <dd>{name('severity', wordOf(draft.urgent_from))}</dd>
      {times.map(([key, value]: [string, unknown]) => (
        <div key={key}>
          <dt>{name('deskTime', key)}</dt>
          <dd>{wordOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
