// Whether the operator's hands are on the list: he points at it, stands in it with the keyboard, or
// has scrolled it. While they are, nothing may move under them.
import { useEffect, type RefObject } from 'react';

const SIGNS = ['pointerenter', 'pointerleave', 'focusin', 'focusout', 'scroll'] as const;

/** Calls `onChange`, which must be stable, whenever one of the signs may have changed the answer. */
export function useHands(
  list: RefObject<HTMLElement | null>,
  onChange: (on: boolean) => void,
): void {
  useEffect(() => {
    const box = list.current;
    if (box === null) return;
    const look = (event: Event): void => {
      const entering = event.type === 'focusin';
      const focused = event.type !== 'focusout' && box.contains(document.activeElement);
      onChange(entering || focused || box.matches(':hover') || box.scrollTop > 0);
    };
    for (const sign of SIGNS) box.addEventListener(sign, look, { passive: true });
    return () => {
      for (const sign of SIGNS) box.removeEventListener(sign, look);
      onChange(false);
    };
  }, [list, onChange]);
}
