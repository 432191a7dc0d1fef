// Where the incident is, on a map that needs no internet; in words where the machine cannot draw it.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { IncidentSummary } from '../../api/types';
import { useCameras } from '../../state/cameras';
import styles from './IncidentMap.module.css';
import { canDraw, PlaceMap } from './PlaceMap';
import { mapContent, type MapContent } from './features';

export default function IncidentMap({ incident }: { incident: IncidentSummary }) {
  const { t } = useTranslation();
  const cameras = useCameras().data;
  const content = mapContent(incident, cameras ?? []);
  if (content === null) return <p className={styles.words}>{t('incident.noPlace')}</p>;
  return <Drawn content={content} />;
}

function Drawn({ content }: { content: MapContent }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<PlaceMap | null>(null);
  const latest = useRef(content);
  const [drawable] = useState(canDraw);

  useEffect(() => {
    if (box.current === null) return;
    const words = { zoomIn: t('map.zoomIn'), zoomOut: t('map.zoomOut') };
    const drawn = new PlaceMap(box.current, latest.current, words);
    map.current = drawn;
    return () => {
      map.current = null;
      drawn.remove();
    };
  }, [t]);

  useEffect(() => {
    latest.current = content;
    map.current?.show(content);
  }, [content]);

  // The incident can be judged without the map.
  if (!drawable) return <p className={styles.words}>{t('map.unavailable')}</p>;
  return <div ref={box} className={styles.map} role="region" aria-label={t('map.label')} />;
}
