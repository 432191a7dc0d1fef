// Times, numbers and places as text: 24-hour local time, day before month, both languages alike.
import { nameOf } from './words';
import { currentLanguage } from '.';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => value.toString().padStart(2, '0');

/** `14:02:11` */
export function clockTime(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `14:02:11` on the day of `now`, `21/11/2026 14:02:11` on any other. */
export function localTime(at: Date, now: Date): string {
  const day = `${two(at.getDate())}/${two(at.getMonth() + 1)}/${at.getFullYear()}`;
  return at.toDateString() === now.toDateString() ? clockTime(at) : `${day} ${clockTime(at)}`;
}

/** `3 phút trước`; whole steps only, so that it changes as seldom as it can. */
export function relativeTime(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'always' });
  const size = Math.abs(seconds);
  if (size < MINUTE) return nameOf('app', 'justNow');
  if (size < HOUR) return format.format(Math.trunc(seconds / MINUTE), 'minute');
  if (size < DAY) return format.format(Math.trunc(seconds / HOUR), 'hour');
  return format.format(Math.trunc(seconds / DAY), 'day');
}

/** `1:02:03` or `2:03`, for how long something lasted. */
export function duration(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  const minutes = Math.floor(seconds / MINUTE) % 60;
  const tail = two(seconds % 60);
  return seconds >= HOUR
    ? `${Math.floor(seconds / HOUR)}:${two(minutes)}:${tail}`
    : `${minutes}:${tail}`;
}

/** `87 %` */
export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

export function wholeNumber(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}

/** `20 m`, `1,4 km` */
export function metres(value: number): string {
  const unit = value < 1000 ? 'meter' : 'kilometer';
  const size = value < 1000 ? value : value / 1000;
  const options = { style: 'unit', unit, maximumSignificantDigits: size < 100 ? 2 : 4 } as const;
  return new Intl.NumberFormat(currentLanguage(), options).format(size);
}

/** `12 MB`; a size that is told is a limit, so it is rounded down. */
export function megabytes(bytes: number): string {
  return `${wholeNumber(Math.floor(bytes / 1_048_576))} MB`;
}

/** `16,46312, 107,59001` would be ambiguous with decimal commas, so degrees keep the decimal point. */
export function coordinates(position: { lat: number; lon: number }): string {
  return `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`;
}

const WINDS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
const WAYS = ['up', 'right', 'down', 'left'] as const;

/** The one of eight winds that is nearest to a direction clockwise from north. */
export function compass(degrees: number): (typeof WINDS)[number] {
  return nearest(WINDS, degrees);
}

/** The side of the picture that is nearest to a direction clockwise from its upper edge. */
export function pictureWay(degrees: number): (typeof WAYS)[number] {
  return nearest(WAYS, degrees);
}

function nearest<Word>(words: readonly [Word, ...Word[]], degrees: number): Word {
  const step = Math.round((degrees * words.length) / 360) % words.length;
  return words[(step + words.length) % words.length] ?? words[0];
}
