// MapLibre GL behind one class: nothing else in the console knows the library.
import {
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
// The worker is a file of our own origin, so that the page needs no `blob:` in its policy.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';

import type { Feature } from 'geojson';

import type { MapContent } from './features';
import { boundsOf } from './geometry';
import { graticule } from './graticule';
import { mapStyle, SOURCES } from './style';

setWorkerUrl(workerUrl);

/** The least that is shown about a place, in metres. */
const SURROUNDINGS_M = 120;
/** Room for the marks at the edge, in pixels. */
const PADDING_PX = 36;

export interface MapWords {
  zoomIn: string;
  zoomOut: string;
}

export class PlaceMap {
  private readonly map: MapLibreMap;
  private content: MapContent;

  /** Draws into `container`. Only where [canDraw]. */
  constructor(container: HTMLElement, content: MapContent, words: MapWords) {
    const tokens = getComputedStyle(container);
    this.content = content;
    this.map = new MapLibreMap({
      container,
      style: mapStyle((name) => tokens.getPropertyValue(name).trim()),
      bounds: boundsOf(content.focus, SURROUNDINGS_M),
      fitBoundsOptions: { padding: PADDING_PX },
      attributionControl: false,
      // The wheel scrolls the column the map stands in; the map has buttons.
      scrollZoom: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      locale: {
        'NavigationControl.ZoomIn': words.zoomIn,
        'NavigationControl.ZoomOut': words.zoomOut,
      },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
    this.map.on('load', () => {
      this.fill();
      this.drawGrid();
    });
    this.map.on('moveend', () => {
      this.drawGrid();
    });
  }

  /** Shows other content; the view moves only when the place does. */
  show(content: MapContent): void {
    const moved = JSON.stringify(content.focus) !== JSON.stringify(this.content.focus);
    this.content = content;
    this.fill();
    if (moved) {
      const bounds = boundsOf(content.focus, SURROUNDINGS_M);
      this.map.fitBounds(bounds, { padding: PADDING_PX, animate: false });
    }
  }

  remove(): void {
    this.map.remove();
  }

  private fill(): void {
    const { area, incident, cameras } = this.content;
    this.put(SOURCES.area, [area]);
    this.put(SOURCES.incident, incident);
    this.put(SOURCES.cameras, cameras);
  }

  private drawGrid(): void {
    const bounds = this.map.getBounds();
    const [southWest, northEast] = [bounds.getSouthWest(), bounds.getNorthEast()];
    this.put(SOURCES.grid, graticule([southWest.lng, southWest.lat, northEast.lng, northEast.lat]));
  }

  /** Fills a source; before the style is loaded there is none, and `load` comes back to it. */
  private put(id: string, features: Feature[]): void {
    const source = this.map.getSource<GeoJSONSource>(id);
    void source?.setData({ type: 'FeatureCollection', features });
  }
}

/** Whether this browser can draw a map. */
export function canDraw(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}
