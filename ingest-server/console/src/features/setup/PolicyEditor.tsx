// A draft of the policy, one section at a time: its table, its text, what it would have done, and setting it.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { Policy, SetupAnswer } from '../../api/setup';
import { readObject, written } from '../../state/document';
import { useRights } from '../../state/rights';
import { useRehearsal, useSetPolicy } from '../../state/setup';
import { Button } from '../../ui/Button';
import { Failure } from '../../ui/Notice';
import { Field } from '../report/Field';
import styles from './PolicyPage.module.css';
import { PolicyTable } from './PolicyTable';
import { RehearsalResult } from './RehearsalResult';
import { partOf, withPart, withRuleMoved, type PolicyDocument, type Section } from './sections';

interface Props {
  policy: Policy;
  section: Section;
  onEdit: () => void;
  onSet: (answer: SetupAnswer) => void;
}

/** Texts of sections that do not read as JSON, until they do. */
type Typed = Readonly<Partial<Record<Section, string>>>;

export function PolicyEditor({ policy, section, onEdit, onSet }: Props) {
  const { t } = useTranslation();
  const mayEdit = useRights().may('set_policy');
  const [draft, setDraft] = useState<PolicyDocument>(policy.policy);
  const [typed, setTyped] = useState<Typed>({});
  const set = useSetPolicy();
  const changed = draft !== policy.policy;

  const text = typed[section] ?? written(partOf(draft, section));
  const read = readObject(text);
  const broken = Object.values(typed).some((one) => 'fault' in readObject(one));
  const edit = (next: string): void => {
    onEdit();
    const part = readObject(next);
    setTyped({ ...typed, [section]: next });
    if ('value' in part) setDraft(withPart(draft, section, part.value));
  };
  const move = (at: number, by: -1 | 1): void => {
    onEdit();
    // The table writes the text of its section.
    setTyped(Object.fromEntries(Object.entries(typed).filter(([key]) => key !== section)));
    setDraft(withRuleMoved(draft, at, by));
  };

  return (
    <div className={styles.editor}>
      <section className={styles.card} aria-label={t(`setup.part.${section}`)}>
        <p className={styles.soft}>
          {policy.version === 0
            ? t('setup.shipped')
            : t('setup.version', { version: policy.version })}
          {changed && ` · ${t('setup.changed')}`}
        </p>
        <PolicyTable draft={draft} section={section} onMove={mayEdit ? move : undefined} />
        {section === 'rules' && mayEdit && <Rehearse draft={draft} broken={broken} />}
      </section>
      <section className={styles.card} aria-label={t('setup.text')}>
        <Field
          label={t('setup.text')}
          hint={t(mayEdit ? 'setup.textHint' : 'setup.readOnly')}
          faults={'fault' in read ? [{ field: section, message: read.fault }] : []}
        >
          {(control) => (
            <textarea
              {...control}
              className={styles.json}
              rows={24}
              spellCheck={false}
              readOnly={!mayEdit}
              value={text}
              onChange={(event) => {
                edit(event.target.value);
              }}
            />
          )}
        </Field>
        {set.isError && <Failure error={set.error} />}
        {mayEdit && (
          <Save
            disabled={!changed || broken || set.isPending}
            onSave={(note) => {
              set.mutate({ version: policy.version, document: draft, note }, { onSuccess: onSet });
            }}
          />
        )}
      </section>
    </div>
  );
}

function Save({ disabled, onSave }: { disabled: boolean; onSave: (note: string) => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!disabled) onSave(note.trim());
  };
  return (
    <form className={styles.save} onSubmit={submit}>
      <Field label={t('setup.note')}>
        {(control) => (
          <input
            {...control}
            maxLength={500}
            value={note}
            onChange={(event) => {
              setNote(event.target.value);
            }}
          />
        )}
      </Field>
      <Button type="submit" tone="primary" disabled={disabled}>
        {t('setup.set')}
      </Button>
    </form>
  );
}

/** Areas that rules name and the map never had: those rules are passed by. */
export function Unknown({ answer }: { answer: SetupAnswer }) {
  const { t } = useTranslation();
  return (
    <p className={answer.unknown_areas.length > 0 ? styles.warning : styles.good} role="status">
      {answer.unknown_areas.length > 0
        ? t('setup.unknownAreas', { areas: answer.unknown_areas.join(', ') })
        : t('setup.isSet')}
    </p>
  );
}

function Rehearse({ draft, broken }: { draft: PolicyDocument; broken: boolean }) {
  const { t } = useTranslation();
  const [days, setDays] = useState(30);
  const rehearsal = useRehearsal();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    rehearsal.mutate({ policy: draft, days });
  };
  return (
    <>
      <form className={styles.save} onSubmit={submit}>
        <Field label={t('setup.days')} hint={t('setup.daysHint')}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              max={366}
              required
              value={days}
              onChange={(event) => {
                setDays(Number(event.target.value));
              }}
            />
          )}
        </Field>
        <Button type="submit" disabled={broken || rehearsal.isPending}>
          {t(rehearsal.isPending ? 'setup.trying' : 'setup.try')}
        </Button>
      </form>
      {rehearsal.isError && <Failure error={rehearsal.error} />}
      {rehearsal.data !== undefined && <RehearsalResult found={rehearsal.data} />}
    </>
  );
}
