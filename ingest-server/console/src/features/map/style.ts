// The map's style: its own, with no tile, glyph or sprite from elsewhere, so that it draws without
// the internet. Text is drawn from the fonts of the machine, which MapLibre does where a style names
// no glyphs.
import type {
  GeoJSONSourceSpecification,
  StyleSpecification,
  SymbolLayerSpecification as SymbolLayer,
} from 'maplibre-gl';

/** The sources that the map fills. */
export const SOURCES = {
  grid: 'grid',
  area: 'area',
  cameras: 'cameras',
  incident: 'incident',
} as const;

const NOTHING: GeoJSONSourceSpecification = {
  type: 'geojson',
  data: { type: 'FeatureCollection', features: [] },
};
const FONT = ['sans-serif'];

/** The style in the colours of the page, read from its design tokens. */
export function mapStyle(token: (name: string) => string): StyleSpecification {
  return {
    version: 8,
    sources: {
      [SOURCES.grid]: NOTHING,
      [SOURCES.area]: NOTHING,
      [SOURCES.cameras]: NOTHING,
      [SOURCES.incident]: NOTHING,
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': token('--surface') } },
      {
        id: 'grid-lines',
        type: 'line',
        source: SOURCES.grid,
        paint: { 'line-color': token('--line'), 'line-width': 1 },
      },
      edgeLabels('top', { 'text-anchor': 'top-left', 'text-offset': [0.3, 0.3] }, token),
      edgeLabels('left', { 'text-anchor': 'bottom-left', 'text-offset': [0.3, -0.1] }, token),
      {
        id: 'area-fill',
        type: 'fill',
        source: SOURCES.area,
        paint: { 'fill-color': token('--high'), 'fill-opacity': 0.18 },
      },
      {
        id: 'area-edge',
        type: 'line',
        source: SOURCES.area,
        paint: { 'line-color': token('--high'), 'line-width': 2, 'line-dasharray': [3, 2] },
      },
      {
        id: 'camera-dots',
        type: 'circle',
        source: SOURCES.cameras,
        paint: {
          'circle-radius': ['case', ['get', 'own'], 9, 5],
          'circle-color': token('--ground'),
          'circle-stroke-color': token('--accent'),
          'circle-stroke-width': ['case', ['get', 'own'], 3, 2],
        },
      },
      {
        id: 'incident-dot',
        type: 'circle',
        source: SOURCES.incident,
        paint: { 'circle-radius': 4.5, 'circle-color': token('--high') },
      },
      {
        id: 'camera-names',
        type: 'symbol',
        source: SOURCES.cameras,
        filter: ['get', 'own'],
        layout: {
          'text-field': ['get', 'name'],
          'text-font': FONT,
          'text-size': 15,
          'text-anchor': 'top',
          'text-offset': [0, 1],
          'text-max-width': 14,
          'text-allow-overlap': true,
        },
        paint: {
          'text-color': token('--text'),
          'text-halo-color': token('--ground'),
          'text-halo-width': 2,
        },
      },
    ],
  };
}

function edgeLabels(
  edge: 'top' | 'left',
  layout: Pick<SymbolLayer['layout'] & object, 'text-anchor' | 'text-offset'>,
  token: (name: string) => string,
): SymbolLayer {
  return {
    id: `grid-labels-${edge}`,
    type: 'symbol',
    source: SOURCES.grid,
    filter: ['==', ['get', 'edge'], edge],
    layout: { ...layout, 'text-field': ['get', 'label'], 'text-font': FONT, 'text-size': 12 },
    paint: {
      'text-color': token('--text-faint'),
      'text-halo-color': token('--surface'),
      'text-halo-width': 2,
    },
  };
}
