// What is wanted of the camera: zones, masks, parameters of rules, mutes, and for the whole agent the danger level.
// Edited as the document it is, checked by the server field by field; the agent says what it made of it.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { Applied, DesiredState } from '../../api/orders';
import { faultsOf } from '../../api/problem';
import { useDesired, usePutDesired } from '../../state/orders';
import { useRights } from '../../state/rights';
import { Button } from '../../ui/Button';
import { Moment } from '../../ui/Moment';
import { Failure } from '../../ui/Notice';
import { Field } from '../report/Field';
import styles from './CameraPage.module.css';
import { readObject, written } from '../../state/document';

interface Props {
  agent: string;
  camera: string;
}

const LEVELS = [1, 2, 3, 4, 5] as const;

export function Desired({ agent, camera }: Props) {
  const { t } = useTranslation();
  const query = useDesired(agent, true);
  const { data } = query;
  // What is being edited stays until it is saved or thrown away, whatever somebody else saves meanwhile.
  const [base, setBase] = useState<DesiredState | null>(null);
  const shown = base ?? data;
  return (
    <section className={styles.part} aria-labelledby="desired-title">
      <h2 id="desired-title">{t('camera.desired')}</h2>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <p className={styles.soft}>{t('app.loading')}</p>}
      {data !== undefined && shown !== undefined && (
        <>
          <Standing desired={data} />
          {base !== null && base.version !== data.version && (
            <p className={styles.waiting} role="alert">
              {t('camera.newer', { version: data.version })}{' '}
              <Button
                onClick={() => {
                  setBase(null);
                }}
              >
                {t('camera.reload')}
              </Button>
            </p>
          )}
          <Editor
            key={shown.version}
            agent={agent}
            camera={camera}
            desired={shown}
            onEdit={() => {
              setBase(shown);
            }}
            onSaved={() => {
              setBase(null);
            }}
          />
        </>
      )}
    </section>
  );
}

/** Which version is wanted, which one the agent took up, and what it refused. */
function Standing({ desired }: { desired: DesiredState }) {
  const { t } = useTranslation();
  const { version, changed_by: who, changed_at: at } = desired;
  const applied = desired.applied ?? null;
  return (
    <div className={styles.standing} role="status">
      <p>
        {version === 0 ? t('camera.asConfigured') : t('camera.version', { version })}
        {typeof who === 'string' && typeof at === 'string' && (
          <span className={styles.soft}>
            {' '}
            · {who} · <Moment at={at} />
          </span>
        )}
      </p>
      {version > 0 && (
        <p className={applied?.version === version ? styles.good : styles.waiting}>
          {applied === null
            ? t('camera.notTaken')
            : applied.version === version
              ? t('camera.taken', { version })
              : t('camera.takenOld', { version: applied.version })}
        </p>
      )}
      {applied !== null && applied.version === version && <Remarks applied={applied} />}
    </div>
  );
}

function Remarks({ applied: { refused = [], needs_restart: restart = [] } }: { applied: Applied }) {
  const { t } = useTranslation();
  return (
    <>
      {refused.length > 0 && (
        <ul className={styles.fault} aria-label={t('camera.refused')}>
          {refused.map(({ key, reason }) => (
            <li key={key}>
              {t('camera.refused')} {key}: {reason}
            </li>
          ))}
        </ul>
      )}
      {restart.length > 0 && (
        <p className={styles.waiting}>{t('camera.needsRestart', { keys: restart.join(', ') })}</p>
      )}
    </>
  );
}

interface EditorProps extends Props {
  desired: DesiredState;
  onEdit: () => void;
  onSaved: () => void;
}

function Editor({ agent, camera, desired, onEdit, onSaved }: EditorProps) {
  const { t } = useTranslation();
  const mayEdit = useRights().may('set_desired');
  const put = usePutDesired(agent);
  const [level, setLevel] = useState(desired.danger_level ?? null);
  const [text, setText] = useState(() => written(desired.cameras[camera] ?? {}));
  const read = readObject(text);
  const faults = [
    ...('fault' in read ? [{ field: 'json', message: read.fault }] : []),
    ...faultsOf(put.error).map(({ field, message }) => ({
      field,
      message: `${field}: ${message}`,
    })),
  ];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if ('fault' in read) return;
    // Other cameras of the agent stay as they are; a camera of which nothing is wanted leaves the document.
    const others = Object.entries(desired.cameras).filter(([id]) => id !== camera);
    const own = Object.keys(read.value).length > 0 ? { [camera]: read.value } : {};
    const cameras = { ...Object.fromEntries(others), ...own };
    const wanted = level === null ? { cameras } : { danger_level: level, cameras };
    put.mutate({ version: desired.version, wanted }, { onSuccess: onSaved });
  };
  return (
    <form className={styles.fields} onSubmit={submit}>
      <Field label={t('camera.danger')} hint={t('camera.dangerHint', { agent })}>
        {(control) => (
          <select
            {...control}
            disabled={!mayEdit}
            value={level ?? ''}
            onChange={(event) => {
              setLevel(event.target.value === '' ? null : Number(event.target.value));
              onEdit();
            }}
          >
            <option value="">{t('camera.noDanger')}</option>
            {LEVELS.map((each) => (
              <option key={each} value={each}>
                {t('camera.dangerLevel', { level: each })}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('camera.document')} hint={t('camera.documentHint')} faults={faults}>
        {(control) => (
          <textarea
            {...control}
            className={styles.json}
            rows={16}
            readOnly={!mayEdit}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              onEdit();
            }}
          />
        )}
      </Field>
      <details>
        <summary>{t('camera.example')}</summary>
        <pre className={styles.example}>{written(EXAMPLE)}</pre>
      </details>
      {put.isError && faultsOf(put.error).length === 0 && <Failure error={put.error} />}
      {mayEdit ? (
        <Button type="submit" tone="primary" disabled={put.isPending || 'fault' in read}>
          {t(put.isPending ? 'decide.sending' : 'camera.save')}
        </Button>
      ) : (
        <p className={styles.soft}>{t('camera.mayNotSet')}</p>
      )}
    </form>
  );
}

/** Corners are fractions of the picture. */
const EXAMPLE = {
  enabled: true,
  zones: {
    kerb: [
      [0.1, 0.6],
      [0.9, 0.6],
      [0.9, 0.95],
      [0.1, 0.95],
    ],
  },
  masks: [
    [
      [0, 0],
      [0.2, 0],
      [0.2, 0.1],
      [0, 0.1],
    ],
  ],
  rules: [{ rule: 'illegal_parking', zone: 'kerb', parameters: { dwell_s: 120 } }],
  muted: [{ rule: 'illegal_parking', zone: 'kerb', until: '2027-01-01T00:00:00Z' }],
};
