// JSON that people type.
import { describe, expect, it } from 'vitest';

import { readObject, written } from './document';

describe('readObject', () => {
  it('reads what it wrote', () => {
    const value = { zones: { a: [[0.1, 0.2]] } };
    expect(readObject(written(value))).toEqual({ value });
  });

  it.each(['[]', 'null', '7', '"x"'])('takes no %s for an object', (text) => {
    expect(readObject(text)).toEqual({ fault: '{ … }' });
  });

  it('says where it breaks', () => {
    const read = readObject('{\n  "a": 1,\n  b\n}');
    expect('fault' in read && read.fault).toMatch(/3[: ]|line 3/);
  });
});
