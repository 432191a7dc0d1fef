// Keys of a page. They are silent while somebody types, while a dialog is open, and with Ctrl, Alt
// or Meta, which belong to the browser. Letters and digits go by their place on the keyboard: a
// Vietnamese layout has letters on the digit row.
import { useEffect, useEffectEvent } from 'react';

/** Handlers by key name: `A`…`Z`, `0`…`9`, `Escape`, `?`. */
export type Keys = Partial<Record<string, () => void>>;

/** The name of the pressed key as [Keys] has it. */
export function keyName(event: Pick<KeyboardEvent, 'code' | 'key'>): string {
  if (event.key === '?') return '?';
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  return place?.[1] ?? event.key;
}

/** Listens while the calling component is on the screen and `enabled`. */
export function useKeys(keys: Keys, enabled = true): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const name = keyName(event);
    if (name !== 'Escape' && isTyping(event.target)) return;
    const handler = keys[name];
    if (handler === undefined) return;
    event.preventDefault();
    handler();
  });

  useEffect(() => {
    if (!enabled) return;
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
    };
  }, [enabled]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('textarea, select, [contenteditable], input:not([type="radio"])')
  );
}
