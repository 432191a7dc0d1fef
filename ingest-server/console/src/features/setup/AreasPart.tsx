// The map of areas: which there are and since when, and a GeoJSON file that takes its place.
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import type { Areas, SetupAnswer } from '../../api/setup';
import { readObject } from '../../state/document';
import { useRights } from '../../state/rights';
import { useAreas, useSetAreas } from '../../state/setup';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import { Field } from '../report/Field';
import { Unknown } from './PolicyEditor';
import styles from './PolicyPage.module.css';
import { wordOf } from './sections';

export function AreasPart() {
  const { t } = useTranslation();
  const query = useAreas();
  const mayEdit = useRights().may('set_policy');
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  const areas = query.data;
  return (
    <div className={styles.editor}>
      <section className={styles.card} aria-label={t('setup.part.areas')}>
        <p className={styles.soft}>
          {areas.version === 0
            ? t('setup.noAreas')
            : t('setup.version', { version: areas.version })}
        </p>
        <Table document={areas.areas} />
      </section>
      {mayEdit && <Import areas={areas} />}
    </div>
  );
}

/** What a table shows of a feature. */
function featuresOf(document: unknown): Record<string, unknown>[] {
  const features: unknown =
    typeof document === 'object' && document !== null && 'features' in document
      ? document.features
      : [];
  if (!Array.isArray(features)) return [];
  return features.map((feature: unknown) => {
    const properties: unknown =
      typeof feature === 'object' && feature !== null && 'properties' in feature
        ? feature.properties
        : null;
    return typeof properties === 'object' && properties !== null
      ? (properties as Record<string, unknown>)
      : {};
  });
}

function Table({ document }: { document: unknown }) {
  const { t } = useTranslation();
  const rows = featuresOf(document);
  if (rows.length === 0) return null;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('setup.area')}</th>
          <th scope="col">{t('setup.id')}</th>
          <th scope="col">{t('setup.from')}</th>
          <th scope="col">{t('setup.until')}</th>
          <th scope="col">{t('setup.aliases')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((area, index) => (
          <tr key={index}>
            <th scope="row">{wordOf(area.name)}</th>
            <td>{wordOf(area.id)}</td>
            <td>{wordOf(area.from)}</td>
            <td>{wordOf(area.until) || '—'}</td>
            <td>{wordOf(area.aliases)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Import({ areas }: { areas: Areas }) {
  const { t } = useTranslation();
  const set = useSetAreas();
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const [answer, setAnswer] = useState<SetupAnswer | null>(null);
  const read = text.trim() === '' ? null : readObject(text);
  const document = read !== null && 'value' in read ? read.value : null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (document === null) return;
    set.mutate(
      { version: areas.version, document, note: note.trim() },
      {
        onSuccess: (said) => {
          setAnswer(said);
          setText('');
        },
      },
    );
  };
  return (
    <form className={styles.card} aria-label={t('setup.import')} onSubmit={submit}>
      <h2>{t('setup.import')}</h2>
      <p className={styles.soft}>{t('setup.importWhat')}</p>
      <Field label={t('setup.file')}>
        {(control) => (
          <input
            {...control}
            type="file"
            accept=".geojson,.json,application/geo+json,application/json"
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file !== undefined) void file.text().then(setText);
            }}
          />
        )}
      </Field>
      <Field
        label={t('setup.text')}
        faults={read !== null && 'fault' in read ? [{ field: 'areas', message: read.fault }] : []}
      >
        {(control) => (
          <textarea
            {...control}
            className={styles.json}
            rows={10}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
        )}
      </Field>
      {document !== null && (
        <>
          <p>{t('setup.wouldBe', { count: featuresOf(document).length })}</p>
          <Table document={document} />
        </>
      )}
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
      {set.isError && <Failure error={set.error} />}
      {answer !== null && <Unknown answer={answer} />}
      <Button type="submit" tone="primary" disabled={document === null || set.isPending}>
        {t('setup.set')}
      </Button>
    </form>
  );
}
