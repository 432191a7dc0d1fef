// Both languages say the same things: the same keys, the same placeholders, no empty text.
import { describe, expect, it } from 'vitest';

import { catalogues } from '.';

function leaves(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node !== 'object' || node === null)
    throw new Error(`${path} is neither text nor group`);
  return Object.entries(node).flatMap(([key, child]) =>
    leaves(child, path === '' ? key : `${path}.${key}`),
  );
}

const placeholders = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe('the catalogues', () => {
  const vi = new Map(leaves(catalogues.vi));
  const en = new Map(leaves(catalogues.en));

  it('have the same keys', () => {
    expect([...en.keys()].sort()).toEqual([...vi.keys()].sort());
  });

  it('have the same placeholders', () => {
    for (const [key, text] of vi) {
      expect(placeholders(en.get(key) ?? ''), key).toEqual(placeholders(text));
    }
  });

  it('hold no empty text', () => {
    for (const [key, text] of [...vi, ...en]) expect(text.trim(), key).not.toBe('');
  });
});
