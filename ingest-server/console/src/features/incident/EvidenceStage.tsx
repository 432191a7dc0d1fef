// The stage: one large picture or clip, and which of them. What is on it never changes by itself
// once something is shown; a clip that arrives later is offered in words.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { IncidentDetail } from '../../api/types';
import { cx } from '../../ui/cx';
import { useKeys } from '../../ui/useKeys';
import { EvidenceFrame } from './EvidenceFrame';
import styles from './EvidenceStage.module.css';
import {
  bestView,
  choices,
  isClip,
  nextView,
  sightings,
  type Sighting,
  type View,
} from './evidence';

const NONE: Sighting = {};

export function EvidenceStage({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const all = sightings(incident);
  const [chosenSighting, chooseSighting] = useState(all.length - 1);
  const sighting = all[chosenSighting] ?? all.at(-1) ?? NONE;

  const [view, setView] = useState<View | null>(null);
  const best = bestView(sighting);
  if (view === null && best !== null) setView(best);
  const shown = view ?? 'clip';
  const show = (next: View): void => {
    setView(next);
  };
  useKeys({
    V: () => {
      show(nextView(shown, sighting));
    },
  });

  const clipArrived = !isClip(shown) && sighting.clip?.state === 'stored';
  return (
    <section className={styles.stage} aria-label={t('evidence.label')}>
      <div className={styles.bar}>
        <Choices view={shown} sighting={sighting} onChoose={show} />
        <kbd aria-hidden="true">V</kbd>
        {all.length > 1 && (
          <Sightings count={all.length} chosen={chosenSighting} onChoose={chooseSighting} />
        )}
        <span className={styles.news} role="status">
          {clipArrived && t('evidence.clipReady')}
        </span>
      </div>
      <EvidenceFrame
        key={sighting[shown]?.id ?? shown}
        incident={incident}
        view={shown}
        entry={sighting[shown]}
        poster={sighting.still}
      />
    </section>
  );
}

interface ChoicesProps {
  view: View;
  sighting: Sighting;
  onChoose: (view: View) => void;
}

function Choices({ view, sighting, onChoose }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.choices} role="group" aria-label={t('evidence.views')}>
      {choices(sighting).map((choice) => (
        <button
          key={choice}
          type="button"
          className={cx(
            styles.choice,
            choice === view && styles.current,
            sighting[choice]?.state !== 'stored' && styles.absent,
          )}
          aria-pressed={choice === view}
          onClick={() => {
            onChoose(choice);
          }}
        >
          {t(`evidence.${choice}`)}
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
