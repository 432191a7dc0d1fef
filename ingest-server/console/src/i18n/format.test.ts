// Times and numbers as an operator reads them, in both languages.
import { beforeEach, describe, expect, it } from 'vitest';

import { setLanguage } from '.';
import { compass, duration, localTime, metres, percent, pictureWay, relativeTime } from './format';

const now = new Date('2026-11-22T07:30:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

describe('times', () => {
  beforeEach(() => {
    setLanguage('vi');
  });

  it('are local and of 24 hours, with the day where it is not today', () => {
    expect(localTime(ago(60), now)).toBe('14:29:00');
    expect(localTime(ago(86_400), now)).toBe('21/11/2026 14:30:00');
  });

  it.each([
    [10, 'vừa xong'],
    [125, '2 phút trước'],
    [7_300, '2 giờ trước'],
    [200_000, '2 ngày trước'],
  ])('%i seconds ago', (seconds, text) => {
    expect(relativeTime(ago(seconds), now)).toBe(text);
  });

  it('speak English too', () => {
    setLanguage('en');
    expect(relativeTime(ago(125), now)).toBe('2 minutes ago');
  });

  it('say how long', () => {
    expect(duration(ago(123), now)).toBe('2:03');
    expect(duration(ago(3_723), now)).toBe('1:02:03');
    expect(duration(now, ago(5))).toBe('0:00');
  });
});

describe('numbers', () => {
  it('have their unit', () => {
    setLanguage('vi');
    expect(metres(20)).toBe('20 m');
    expect(metres(1_420)).toBe('1,4 km');
    expect(percent(0.874)).toBe('87 %');
  });
});

describe('directions', () => {
  it.each([
    [0, 'n', 'up'],
    [22, 'n', 'up'],
    [23, 'ne', 'up'],
    [90, 'e', 'right'],
    [200, 's', 'down'],
    [270, 'w', 'left'],
    [359, 'n', 'up'],
  ])('%i degrees', (degrees, wind, way) => {
    expect(compass(degrees)).toBe(wind);
    expect(pictureWay(degrees)).toBe(way);
  });
});
