// The console's button: a word, and the key that does the same.
import type { ComponentProps } from 'react';

import styles from './Button.module.css';
import { cx } from './cx';

export type ButtonTone = 'plain' | 'primary' | 'good' | 'bad' | 'quiet';

/** What stands on the keyboard for a key's name in the ARIA attribute. */
const SHORT: Partial<Record<string, string>> = { Escape: 'Esc' };

interface Props extends Omit<ComponentProps<'button'>, 'className'> {
  tone?: ButtonTone;
  /** The key that does the same, shown beside the word. */
  shortcut?: string;
}

export function Button({ tone = 'plain', shortcut, type = 'button', children, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      className={cx(styles.button, styles[tone])}
      aria-keyshortcuts={shortcut}
    >
      <span>{children}</span>
      {shortcut !== undefined && <kbd aria-hidden="true">{SHORT[shortcut] ?? shortcut}</kbd>}
    </button>
  );
}
