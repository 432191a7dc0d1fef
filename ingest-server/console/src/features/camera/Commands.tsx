// What the camera is asked to do once: a still of now, a clip of the last seconds, a rule tried on what it
// remembers; and what came of each.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { evidenceUrlOfCommand } from '../../api/endpoints';
import type { Command, CommandAction } from '../../api/orders';
import type { Evidence } from '../../api/types';
import { percent } from '../../i18n/format';
import { useNames } from '../../i18n/words';
import { isUnderWay, useCommands, useGiveCommand } from '../../state/orders';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { Failure, useProblemWords } from '../../ui/Notice';
import { Field } from '../report/Field';
import styles from './CameraPage.module.css';
import { readObject } from '../../state/document';

interface Props {
  agent: string;
  camera: string;
}

export function Commands({ agent, camera }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { may } = useRights();
  const commands = useCommands(agent, true);
  const give = useGiveCommand(agent);
  const own = commands.data?.filter((command) => command.action.camera === camera) ?? [];
  const send = (action: CommandAction): void => {
    give.mutate(action);
  };
  return (
    <section className={styles.part} aria-labelledby="commands-title">
      <h2 id="commands-title">{t('camera.commands')}</h2>
      {may('command') ? (
        <>
          <Ask camera={camera} busy={give.isPending} onAsk={send} />
          <Simulate camera={camera} busy={give.isPending} onAsk={send} />
          <p className={styles.fault} role="alert">
            {give.isError && problemWords(give.error)}
          </p>
        </>
      ) : (
        <p className={styles.soft}>{t('camera.mayNotCommand')}</p>
      )}
      {commands.isError && (
        <Failure error={commands.error} onRetry={() => void commands.refetch()} />
      )}
      {commands.isPending && <p className={styles.soft}>{t('app.loading')}</p>}
      {commands.data !== undefined && own.length === 0 && (
        <p className={styles.soft}>{t('camera.noCommands')}</p>
      )}
      <ol className={styles.commands} aria-label={t('camera.answers')}>
        {own.map((command) => (
          <Line key={command.id} command={command} />
        ))}
      </ol>
    </section>
  );
}

interface AskProps {
  camera: string;
  busy: boolean;
  onAsk: (action: CommandAction) => void;
}

function Ask({ camera, busy, onAsk }: AskProps) {
  const { t } = useTranslation();
  const [seconds, setSeconds] = useState(30);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onAsk({ type: 'clip', camera, seconds });
  };
  return (
    <div className={styles.ask}>
      <Button
        disabled={busy}
        onClick={() => {
          onAsk({ type: 'snapshot', camera });
        }}
      >
        {t('camera.snapshot')}
      </Button>
      <form className={styles.line} onSubmit={submit}>
        <label htmlFor="clip-seconds">{t('camera.clipOf')}</label>
        <input
          id="clip-seconds"
          type="number"
          min={1}
          max={600}
          required
          className={styles.number}
          value={seconds}
          onChange={(event) => {
            setSeconds(Number(event.target.value));
          }}
        />
        <span>{t('camera.seconds')}</span>
        <Button type="submit" disabled={busy}>
          {t('camera.clip')}
        </Button>
      </form>
    </div>
  );
}

/** Rules of street cameras and of those on towers; an agent refuses one that the camera does not have. */
const RULES = [
  ...['illegal_parking', 'encroachment', 'fire_smoke', 'stray_cattle', 'line_crossing'],
  ...['wrong_way', 'red_light', 'camera_health'],
];

function Simulate({ camera, busy, onAsk }: AskProps) {
  const { t } = useTranslation();
  const [rule, setRule] = useState('');
  const [zone, setZone] = useState('');
  const [minutes, setMinutes] = useState(60);
  const [text, setText] = useState('{}');
  const read = readObject(text);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if ('fault' in read) return;
    const parameters = read.value;
    const seconds = Math.round(minutes * 60);
    onAsk({
      type: 'simulate',
      camera,
      rule,
      seconds,
      parameters,
      ...(zone !== '' && { zone }),
    });
  };
  return (
    <details className={styles.simulate}>
      <summary>{t('camera.simulate')}</summary>
      <form className={styles.fields} onSubmit={submit}>
        <p className={styles.soft}>{t('camera.simulateWhat')}</p>
        <Field label={t('camera.rule')}>
          {(control) => (
            <input
              {...control}
              list="rules"
              required
              value={rule}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setRule(event.target.value.trim());
              }}
            />
          )}
        </Field>
        <datalist id="rules">
          {RULES.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <Field label={t('camera.zone')}>
          {(control) => (
            <input
              {...control}
              value={zone}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setZone(event.target.value.trim());
              }}
            />
          )}
        </Field>
        <Field label={t('camera.minutes')}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              max={360}
              required
              value={minutes}
              onChange={(event) => {
                setMinutes(Number(event.target.value));
              }}
            />
          )}
        </Field>
        <Field
          label={t('camera.parameters')}
          hint={t('camera.parametersHint')}
          faults={'fault' in read ? [{ field: 'parameters', message: read.fault }] : []}
        >
          {(control) => (
            <textarea
              {...control}
              className={styles.json}
              rows={3}
              spellCheck={false}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
              }}
            />
          )}
        </Field>
        <Button type="submit" disabled={busy || rule === '' || 'fault' in read}>
          {t('camera.try')}
        </Button>
      </form>
    </details>
  );
}

function Line({ command }: { command: Command }) {
  const { t } = useTranslation();
  const name = useNames();
  const { action } = command;
  const asked =
    action.type === 'clip'
      ? t('camera.askedClip', { seconds: action.seconds })
      : action.type === 'simulate'
        ? t('camera.askedRule', { rule: action.rule })
        : t('camera.snapshot');
  return (
    <li className={styles.command} data-command={command.id}>
      <span className={styles.line}>
        <strong>{asked}</strong>
        <span
          className={
            command.state === 'refused' || command.state === 'failed' ? styles.fault : styles.soft
          }
        >
          {name('commandState', command.state)}
        </span>
        <span className={styles.soft}>
          {command.by} · <Moment at={command.issued_at} />
        </span>
      </span>
      {typeof command.message === 'string' && <span>{command.message}</span>}
      {isUnderWay(command) && (
        <span className={styles.soft}>
          {t('camera.expires')} <Moment at={command.expires_at} as="exact" />
        </span>
      )}
      {command.evidence.map((piece) => (
        <Piece key={piece.id} command={command.id} piece={piece} />
      ))}
      {command.simulation !== null && command.simulation !== undefined && (
        <Found simulation={command.simulation} />
      )}
    </li>
  );
}

function Piece({ command, piece }: { command: string; piece: Evidence }) {
  const { t } = useTranslation();
  const name = useNames();
  const [failed, setFailed] = useState(false);
  const label = name('evidence', piece.kind);
  if (piece.state === 'unavailable') {
    const reason = name('unavailableReason', piece.reason ?? piece.state);
    return <span className={styles.soft}>{t('evidence.unavailable', { reason })}</span>;
  }
  if (piece.state !== 'stored') {
    return <span className={styles.soft}>{`${label}: ${t('camera.coming')}`}</span>;
  }
  const url = evidenceUrlOfCommand(command, piece.id);
  const fail = (): void => {
    setFailed(true);
  };
  if (failed) {
    return (
      <a href={url} download>
        {label}
      </a>
    );
  }
  return piece.kind === 'clip' ? (
    <video className={styles.media} src={url} controls muted playsInline onError={fail} />
  ) : (
    <img className={styles.media} src={url} alt={label} loading="lazy" onError={fail} />
  );
}

/** What a rule would have raised, beside what it raises as it is; and what it would have held back. */
function Found({ simulation }: { simulation: NonNullable<Command['simulation']> }) {
  const { t } = useTranslation();
  const name = useNames();
  const { events, events_as_it_is: now, pictures, intervals, held_back: held = [] } = simulation;
  return (
    <>
      <span>{t('camera.found', { events, now, pictures })}</span>
      {intervals.length > 0 && (
        <ul className={styles.soft}>
          {intervals.map((interval) => (
            <li key={interval.start}>
              <Moment at={interval.start} as="exact" />
            </li>
          ))}
        </ul>
      )}
      {held.length > 0 && (
        <>
          <span>{t('camera.heldBack')}</span>
          <ul className={styles.soft}>
            {held.map((one) => (
              <li key={`${one.seen.start} ${one.reason}`}>
                <Moment at={one.seen.start} as="exact" /> · {one.class} {percent(one.confidence)} ·{' '}
                {name('heldBack', one.reason)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
