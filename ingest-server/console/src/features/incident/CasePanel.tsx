// How the incident is worked: where it stands and with whom, by when, what may be done next, who must be called,
// and why it went where it went.
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Case, IncidentDetail, RouteExplanation, StageClock } from '../../api/types';
import { useNames } from '../../i18n/words';
import { useCase, useCaseWish } from '../../state/casework';
import { useNow } from '../../state/now';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { useProblemText } from '../../ui/Notice';
import { cx } from '../../ui/cx';
import { useKeys } from '../../ui/useKeys';
import { Calls } from './Calls';
import styles from './CasePanel.module.css';
import facts from './Facts.module.css';
import { StepForm } from './StepForm';

/** These have their own bar. */
const IN_THE_BAR: readonly string[] = ['acknowledge', 'confirm', 'reject'];
/** For how long one key sets an incident aside. */
const SHELF_MINUTES = 60;

export function CasePanel({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const query = useCase(incident.id);
  if (query.data === undefined) return null;
  return (
    <section aria-labelledby="case-title" className={styles.panel}>
      <h3 id="case-title" className={facts.title}>
        {t('case.title')}
      </h3>
      <Standing it={query.data} />
      <Work it={query.data} />
      {query.data.route !== null && query.data.route !== undefined && (
        <Route route={query.data.route} />
      )}
    </section>
  );
}

function Standing({ it }: { it: Case }) {
  const { t } = useTranslation();
  const name = useNames();
  const open = it.stages.filter((stage) => stage.done === null || stage.done === undefined);
  return (
    <dl className={styles.facts}>
      <Fact term={t('case.state')}>
        {name('state', it.state)}
        {it.state_detail !== null && it.state_detail !== undefined && (
          <span className={styles.soft}> · {name('caseReason', it.state_detail)}</span>
        )}
      </Fact>
      <Fact term={t('case.unit')}>
        {it.lead ?? t('case.tray')}
        {it.supporting.length > 0 && (
          <span className={styles.soft}>
            {' '}
            · {t('case.supporting', { units: it.supporting.join(', ') })}
          </span>
        )}
      </Fact>
      {it.urgency === 'urgent' && (
        <Fact term={t('case.urgency')}>
          <strong className={styles.late}>{t('case.urgent')}</strong>
        </Fact>
      )}
      {open.map((stage) => (
        <Stage key={`${stage.stage} ${stage.round}`} stage={stage} />
      ))}
      {it.paused !== null && it.paused !== undefined && (
        <Fact term={t('case.paused')}>{name('pauseReason', it.paused)}</Fact>
      )}
      {it.claim !== null && it.claim !== undefined && (
        <Fact term={t('case.claim')}>
          {it.claim.by} · {t('case.until')} <Moment at={it.claim.until} />
        </Fact>
      )}
      {it.shelf !== null && it.shelf !== undefined && (
        <Fact term={t('case.shelved')}>
          {it.shelf.why} · {t('case.until')} <Moment at={it.shelf.until} />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Stage({ stage }: { stage: StageClock }) {
  const { t } = useTranslation();
  const name = useNames();
  const now = useNow();
  const { due } = stage;
  if (due === null || due === undefined) return null;
  const late = new Date(due) <= now;
  return (
    <Fact term={name('stage', stage.stage)}>
      <span className={cx(late && styles.late)}>
        {t(late ? 'case.overdueSince' : 'case.due')} <Moment at={due} />
      </span>
    </Fact>
  );
}

/** What may be done, by button and by key. */
function Work({ it }: { it: Case }) {
  const { t } = useTranslation();
  const name = useNames();
  const problemText = useProblemText();
  const send = useCaseWish(it.id);
  const [form, setForm] = useState<string | null>(null);
  const { version } = it;
  const steps = it.next_steps.filter((action) => !IN_THE_BAR.includes(action));
  const held = it.claim !== null && it.claim !== undefined;
  const shelved = it.shelf !== null && it.shelf !== undefined;
  const first = steps[0];
  const hold = (): void => {
    send.mutate({ kind: 'desk', wish: { verb: held ? 'letGo' : 'hold' } });
  };
  const undo = (): void => {
    if (it.undo !== null && it.undo !== undefined) send.mutate({ kind: 'undo', version });
  };
  const shelve = (): void => {
    if (shelved) send.mutate({ kind: 'desk', wish: { verb: 'unshelve' } });
    else setForm('shelve');
  };
  const begin = (): void => {
    if (first !== undefined) setForm(first);
  };
  useKeys({ H: hold, Z: undo, S: shelve, R: begin }, form === null);
  return (
    <>
      <div className={styles.buttons}>
        {steps.map((action, index) => (
          <Button
            key={action}
            tone={index === 0 ? 'primary' : 'plain'}
            {...(index === 0 && { shortcut: 'R' })}
            disabled={send.isPending}
            aria-expanded={form === action}
            onClick={() => {
              setForm(action);
            }}
          >
            {name('step', action)}
          </Button>
        ))}
      </div>
      <div className={styles.buttons}>
        <Button tone="quiet" shortcut="H" disabled={send.isPending} onClick={hold}>
          {t(held ? 'case.letGo' : 'case.hold')}
        </Button>
        <Button tone="quiet" shortcut="S" disabled={send.isPending} onClick={shelve}>
          {t(shelved ? 'case.unshelve' : 'case.shelve')}
        </Button>
        <Button
          tone="quiet"
          disabled={send.isPending}
          onClick={() => {
            const urgency = it.urgency === 'urgent' ? 'normal' : 'urgent';
            send.mutate({ kind: 'desk', wish: { verb: 'urgency', urgency } });
          }}
        >
          {t(it.urgency === 'urgent' ? 'case.makeNormal' : 'case.makeUrgent')}
        </Button>
        {it.undo !== null && it.undo !== undefined && (
          <Button tone="quiet" shortcut="Z" disabled={send.isPending} onClick={undo}>
            {t('case.undo', { action: name('action', it.undo.action) })}
          </Button>
        )}
      </div>
      {form !== null && (
        <StepForm
          key={form}
          action={form}
          sending={send.isPending}
          onCancel={() => {
            setForm(null);
          }}
          onSend={(step) => {
            const done = {
              onSuccess: () => {
                setForm(null);
              },
            };
            if (form === 'shelve') {
              const why = step.note ?? '';
              const wish = { verb: 'shelve', minutes: SHELF_MINUTES, why } as const;
              send.mutate({ kind: 'desk', wish }, done);
            } else {
              send.mutate({ kind: 'step', version, step }, done);
            }
          }}
        />
      )}
      <p className={styles.failure} role="alert">
        {send.isError && problemText(send.error)}
      </p>
      <Calls
        calls={it.calls}
        busy={send.isPending}
        onCalled={(call, outcome) => {
          send.mutate({ kind: 'desk', wish: { verb: 'call', call, outcome, note: '' } });
        }}
      />
    </>
  );
}

/** Every rule before the match, with the term that failed. */
function Route({ route }: { route: RouteExplanation }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <details className={styles.route}>
      <summary>
        {route.rule === null || route.rule === undefined
          ? t('case.noRule')
          : t('case.byRule', { rule: route.rule })}
      </summary>
      <ol className={styles.reasons}>
        {route.reasons.map((reason) => (
          <li key={reason.rule}>
            {reason.rule}: {name('verdict', reason.verdict)}
            {reason.term !== null && reason.term !== undefined && (
              <span className={styles.soft}> ({name('term', reason.term)})</span>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}
