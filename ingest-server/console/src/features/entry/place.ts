// A place as people paste it from a map: two numbers in degrees. Pure.

/** `16.46312, 107.59001`, with a comma, a semicolon or blanks between; null where it is no place. */
export function parsePlace(text: string): { lat: number; lon: number } | null {
  const found = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*(?:[,;]|\s)\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (found === null) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}
