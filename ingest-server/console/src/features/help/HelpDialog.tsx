// The table of keys, opened by "?".
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../../ui/Button';
import styles from './HelpDialog.module.css';

const KEYS = [
  ['J', 'next'],
  ['K', 'previous'],
  ['A', 'acknowledge'],
  ['C', 'confirm'],
  ['F', 'reject'],
  ['H', 'hold'],
  ['R', 'step'],
  ['S', 'shelve'],
  ['Z', 'undo'],
  ['1–9', 'unitStep'],
  ['X', 'mark'],
  ['V', 'view'],
  ['N', 'refresh'],
  ['?', 'help'],
  ['Esc', 'escape'],
] as const;

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">{t('help.title')}</h2>
      <dl className={styles.keys}>
        {KEYS.map(([key, word]) => (
          <div key={key} className={styles.row}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`help.${word}`)}</dd>
          </div>
        ))}
      </dl>
      <Button onClick={() => dialog.current?.close()}>{t('app.close')}</Button>
    </dialog>
  );
}
