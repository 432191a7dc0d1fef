// What the map shows of an incident, as GeoJSON. Pure.
import type { Feature, Point, Polygon } from 'geojson';

import type { Camera, IncidentSummary, Place, Position } from '../../api/types';
import { cameraName } from '../../state/cameras';
import { anchorOf, areaOf } from './geometry';

export interface MapContent {
  /** What the view is centred on. */
  focus: Place;
  area: Feature<Polygon>;
  incident: Feature<Point>[];
  cameras: Feature<Point, { name: string; own: boolean }>[];
}

/** The content of the map; null where neither the incident nor its camera has a place. */
export function mapContent(
  incident: Pick<IncidentSummary, 'place' | 'camera' | 'event_count'>,
  cameras: readonly Camera[],
): MapContent | null {
  const own = cameras.find(
    (camera) => camera.id === incident.camera.id && camera.agent === incident.camera.agent,
  );
  const focus = incident.place ?? own?.place ?? null;
  if (focus === null) return null;
  const others = cameras.filter((camera) => camera !== own);
  return {
    focus,
    area: { type: 'Feature', properties: {}, geometry: areaOf(focus) },
    incident: incident.place?.type === 'point' ? [point(incident.place.position, {})] : [],
    cameras: [
      ...others.flatMap((camera) => marker(camera.place ?? null, cameraName(camera), false)),
      // What citizens alone tell of is nobody's picture.
      ...(incident.event_count > 0
        ? marker(own?.place ?? focus, cameraName(incident.camera), true)
        : []),
    ],
  };
}

function marker(place: Place | null, name: string, own: boolean) {
  return place === null ? [] : [point(anchorOf(place), { name, own })];
}

function point<Properties>(at: Position, properties: Properties): Feature<Point, Properties> {
  return {
    type: 'Feature',
    properties,
    geometry: { type: 'Point', coordinates: [at.lon, at.lat] },
  };
}
