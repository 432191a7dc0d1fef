// The stage: one large picture or clip, and which of them. What is on it never changes by itself
// once something is shown; a clip that arrives later is offered in words.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { IncidentDetail } from '../../api/types';
import { cx } from '../../ui/cx';
import { useKeys } from '../../ui/useKeys';
import { Custody } from './Custody';
import { EvidenceFrame } from './EvidenceFrame';
import styles from './EvidenceStage.module.css';
import {
  PROMISED,
  bestView,
  isClip,
  nextView,
  sightings,
  viewOf,
  type Sighting,
  type View,
} from './evidence';

export function EvidenceStage({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const nameOfView = useNameOfView();
  const all = sightings(incident);
  const [chosenSighting, chooseSighting] = useState(all.length - 1);
  const sighting = all[chosenSighting] ?? all.at(-1) ?? PROMISED;

  const [chosen, choose] = useState<string | null>(null);
  const best = bestView(sighting);
  if (chosen === null && best !== null) choose(best.key);
  const view = viewOf(chosen, sighting) ?? sighting[0];
  const show = (next: View | undefined): void => {
    if (next !== undefined) choose(next.key);
  };
  useKeys({
    V: () => {
      show(nextView(view?.key ?? null, sighting));
    },
  });

  if (view === undefined) return null;
  const clip = viewOf('clip', sighting)?.entry;
  const clipArrived = !isClip(view.kind) && clip?.state === 'stored';
  return (
    <section className={styles.stage} aria-label={t('evidence.label')}>
      <div className={styles.bar}>
        <Choices shown={view} sighting={sighting} onChoose={show} />
        <kbd aria-hidden="true">V</kbd>
        {all.length > 1 && (
          <Sightings count={all.length} chosen={chosenSighting} onChoose={chooseSighting} />
        )}
        <span className={styles.news} role="status">
          {clipArrived && t('evidence.clipReady')}
        </span>
      </div>
      <EvidenceFrame
        key={view.entry?.id ?? view.key}
        incident={incident}
        view={view}
        name={nameOfView(view)}
        poster={viewOf('still', sighting)?.entry}
      />
      {view.entry?.state === 'stored' && (
        <Custody key={`custody ${view.entry.id}`} incident={incident} entry={view.entry} />
      )}
    </section>
  );
}

/** What a view is called: parts of a clip by number, crops by the track they show. */
function useNameOfView(): (view: View) => string {
  const { t } = useTranslation();
  return ({ kind, entry }) => {
    const { part, track } = entry ?? {};
    if (part !== undefined && part !== null)
      return t('evidence.clipPart', { number: part.number, of: part.of });
    if (kind === 'crop' && typeof track === 'number') return t('evidence.cropOfTrack', { track });
    return t(`evidence.${kind}`);
  };
}

interface ChoicesProps {
  shown: View;
  sighting: Sighting;
  onChoose: (view: View) => void;
}

function Choices({ shown, sighting, onChoose }: ChoicesProps) {
  const { t } = useTranslation();
  const nameOfView = useNameOfView();
  return (
    <div className={styles.choices} role="group" aria-label={t('evidence.views')}>
      {sighting.map((view) => (
        <button
          key={view.key}
          type="button"
          className={cx(
            styles.choice,
            view.key === shown.key && styles.current,
            view.entry?.state !== 'stored' && styles.absent,
          )}
          aria-pressed={view.key === shown.key}
          onClick={() => {
            onChoose(view);
          }}
        >
          {nameOfView(view)}
        </button>
      ))}
    </div>
  );
}

interface SightingsProps {
  count: number;
  chosen: number;
  onChoose: (index: number) => void;
}

function Sightings({ count, chosen, onChoose }: SightingsProps) {
  const { t } = useTranslation();
  return (
    <label className={styles.sightings}>
      {t('evidence.events')}
      <select
        value={chosen}
        onChange={(event) => {
          onChoose(Number(event.target.value));
        }}
      >
        {Array.from({ length: count }, (_, index) => (
          <option key={index} value={index}>
            {`${index + 1}/${count}`}
          </option>
        ))}
      </select>
    </label>
  );
}
