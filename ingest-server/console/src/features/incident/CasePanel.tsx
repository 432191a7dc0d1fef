// How the incident is worked: where it stands and with whom, by when, what may be done next, who must be called,
// and why it went where it went.
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { DeskWish, StepWish } from '../../api/endpoints';
import type { Case, IncidentDetail, RouteExplanation, StageClock } from '../../api/types';
import { useNames } from '../../i18n/words';
import {
  useCase,
  useCaseWish,
  useProposedRoute,
  useUnitName,
  type CaseWish,
} from '../../state/casework';
import { standingOf } from '../../state/deadline';
import { useNow } from '../../state/now';
import { useRights, useUsername, type Rights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { useProblemWords } from '../../ui/Notice';
import { cx } from '../../ui/cx';
import { useKeys } from '../../ui/useKeys';
import { Calls } from './Calls';
import styles from './CasePanel.module.css';
import facts from './Facts.module.css';
import { StepForm } from './StepForm';
import { inOrder, isTakenAtOnce } from './steps';

/** These have their own bar. */
const IN_THE_BAR: readonly string[] = ['acknowledge', 'confirm', 'reject'];
/** For how long one key sets an incident aside. */
const SHELF_MINUTES = 60;

export function CasePanel({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const query = useCase(incident.id);
  const rights = useRights();
  if (query.data === undefined) return null;
  return (
    <section aria-labelledby="case-title" className={styles.panel}>
      <h3 id="case-title" className={facts.title}>
        {t('case.title')}
      </h3>
      <Standing it={query.data} answer={answerOf(incident)} />
      {rights.desk !== 'onlooker' && <Work it={query.data} rights={rights} />}
      {query.data.route !== null && query.data.route !== undefined ? (
        <Route route={query.data.route} />
      ) : (
        rights.desk === 'centre' && <Proposed it={query.data} />
      )}
    </section>
  );
}

/** What the unit last said it did: its leader approves these words, and the public will read them. */
function answerOf(incident: IncidentDetail): string | null {
  return incident.history.findLast((entry) => entry.action === 'answer')?.note ?? null;
}

function Standing({ it, answer }: { it: Case; answer: string | null }) {
  const { t } = useTranslation();
  const name = useNames();
  const unitName = useUnitName();
  const open = it.stages.filter((stage) => stage.done === null || stage.done === undefined);
  return (
    <dl className={styles.facts}>
      <Fact term={t('case.state')}>
        {name('state', it.state)}
        {it.state_detail !== null && it.state_detail !== undefined && (
          <span className={styles.soft}> · {name('caseReason', it.state_detail)}</span>
        )}
      </Fact>
      {answer !== null && (
        <Fact term={t('case.answer')}>
          <strong className={styles.answer}>{answer}</strong>
        </Fact>
      )}
      <Fact term={t('case.unit')}>
        {typeof it.lead === 'string' ? unitName(it.lead) : t('case.tray')}
        {it.supporting.length > 0 && (
          <span className={styles.soft}>
            {' '}
            · {t('case.supporting', { units: it.supporting.map(unitName).join(', ') })}
          </span>
        )}
      </Fact>
      {typeof it.complained_of === 'string' && (
        <Fact term={t('case.complainedOf')}>{unitName(it.complained_of)}</Fact>
      )}
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
  const standing = standingOf(due, stage.warn ?? null, now);
  return (
    <Fact term={name('stage', stage.stage)}>
      <span className={cx(standing !== 'in_time' && styles[standing])}>
        {t(standing === 'late' ? 'case.overdueSince' : 'case.due')} <Moment at={due} />
      </span>
    </Fact>
  );
}

interface WorkProps {
  it: Case;
  rights: Rights;
}

/** What may be done at this desk, by button and by key. A unit's steps have their own bar. */
function Work({ it, rights }: WorkProps) {
  const { t } = useTranslation();
  const name = useNames();
  const problemWords = useProblemWords();
  const send = useCaseWish(it.id);
  const [form, setForm] = useState<string | null>(null);
  const { version } = it;
  const centre = rights.desk === 'centre';
  const steps = centre ? inOrder(it.next_steps.filter((step) => !IN_THE_BAR.includes(step))) : [];
  const shelved = (it.shelf ?? null) !== null;
  const paused = (it.paused ?? null) !== null;
  const first = steps[0];
  const desk = (wish: DeskWish): void => {
    send.mutate({ kind: 'desk', wish });
  };
  const undo = (): void => {
    if (it.undo !== null && it.undo !== undefined) send.mutate({ kind: 'undo', version });
  };
  const shelve = (): void => {
    if (!centre) return;
    if (shelved) desk({ verb: 'unshelve' });
    else setForm('shelve');
  };
  const begin = (action: string): void => {
    if (isTakenAtOnce(action)) send.mutate({ kind: 'step', version, step: { action } });
    else setForm(action);
  };
  useKeys(
    {
      Z: undo,
      S: shelve,
      R: () => {
        if (first !== undefined) begin(first);
      },
    },
    form === null,
  );
  return (
    <>
      <div className={styles.buttons}>
        {steps.map((action, index) => (
          <Button
            key={action}
            tone={index === 0 ? 'primary' : 'plain'}
            {...(index === 0 && { shortcut: 'R' })}
            disabled={send.isPending}
            aria-expanded={isTakenAtOnce(action) ? undefined : form === action}
            onClick={() => {
              begin(action);
            }}
          >
            {name('step', action)}
          </Button>
        ))}
      </div>
      <div className={styles.buttons}>
        <Hold it={it} leads={rights.leads} busy={send.isPending} onDesk={desk} />
        {centre && (
          <Button tone="quiet" shortcut="S" disabled={send.isPending} onClick={shelve}>
            {t(shelved ? 'case.unshelve' : 'case.shelve')}
          </Button>
        )}
        {centre && (
          <Button
            tone="quiet"
            disabled={send.isPending}
            onClick={() => {
              desk({ verb: 'urgency', urgency: it.urgency === 'urgent' ? 'normal' : 'urgent' });
            }}
          >
            {t(it.urgency === 'urgent' ? 'case.makeNormal' : 'case.makeUrgent')}
          </Button>
        )}
        <Button
          tone="quiet"
          disabled={send.isPending}
          onClick={() => {
            if (paused) desk({ verb: 'goOn' });
            else setForm('pause');
          }}
        >
          {t(paused ? 'case.goOn' : 'case.pause')}
        </Button>
        {centre && (
          <Button
            tone="quiet"
            disabled={send.isPending}
            onClick={() => {
              setForm('complaint');
            }}
          >
            {t('case.complaint')}
          </Button>
        )}
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
            send.mutate(wishOf(form, version, step), {
              // Another form may be open by then.
              onSuccess: () => {
                setForm((open) => (open === form ? null : open));
              },
            });
          }}
        />
      )}
      <p className={styles.failure} role="alert">
        {send.isError && problemWords(send.error)}
      </p>
      <Calls
        calls={it.calls}
        busy={send.isPending}
        mayCall={centre}
        onCalled={(call, outcome, reached) => {
          desk({ verb: 'call', call, outcome, reached, note: '' });
        }}
      />
    </>
  );
}

/** What a filled form wants: a verb of the desk, or a step. */
function wishOf(form: string, version: number, step: StepWish): CaseWish {
  const note = step.note ?? '';
  switch (form) {
    case 'shelve':
      return { kind: 'desk', wish: { verb: 'shelve', minutes: SHELF_MINUTES, why: note } };
    case 'pause':
      return { kind: 'desk', wish: { verb: 'pause', reason: step.reason ?? '', note } };
    case 'complaint':
      return { kind: 'desk', wish: { verb: 'complaint', unit: step.unit ?? null, note } };
    default:
      return { kind: 'step', version, step };
  }
}

interface HoldProps {
  it: Case;
  leads: boolean;
  busy: boolean;
  onDesk: (wish: DeskWish) => void;
}

/** Held by nobody, by oneself, or by somebody else, from whom a shift lead may take it. */
function Hold({ it, leads, busy, onDesk }: HoldProps) {
  const { t } = useTranslation();
  const own = useUsername();
  const holder = it.claim?.by ?? null;
  const isOthers = holder !== null && holder !== own;
  const press = (): void => {
    if (holder === null) onDesk({ verb: 'hold' });
    else if (!isOthers) onDesk({ verb: 'letGo' });
    else if (leads) onDesk({ verb: 'takeOver' });
  };
  useKeys({ H: press }, !busy);
  const words = isOthers ? 'case.takeOver' : holder === null ? 'case.hold' : 'case.letGo';
  return (
    <Button
      tone="quiet"
      shortcut="H"
      disabled={busy || (isOthers && !leads)}
      title={isOthers && !leads ? t('case.heldBy', { who: holder }) : undefined}
      onClick={press}
    >
      {t(words)}
    </Button>
  );
}

/** What the rules in force say of an incident that is with nobody: asked, not taken. */
function Proposed({ it }: { it: Case }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const route = useProposedRoute(it.id, it.version, asked);
  if (route.data !== undefined) return <Route route={route.data} />;
  return (
    <div className={styles.buttons}>
      <Button
        tone="quiet"
        disabled={asked && route.isPending}
        onClick={() => {
          setAsked(true);
        }}
      >
        {t('case.askRules')}
      </Button>
      {route.isError && (
        <span className={styles.failure}>{t('error.unexpected', { status: 0 })}</span>
      )}
    </div>
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
