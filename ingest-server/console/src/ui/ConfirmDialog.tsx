// A question before what cannot be taken back. It names what it is about; the first button, and Escape, leave all as it is.
import { useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from './Button';
import styles from './ConfirmDialog.module.css';
import { useProblemWords } from './Notice';

interface Props {
  title: string;
  /** What follows from it. */
  what: string;
  /** The word on the button that does it. */
  verb: string;
  /** How what was asked for goes. */
  asked: { isPending: boolean; isSuccess: boolean; error: Error | null };
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog({ title, what, verb, asked, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // Closed, not taken away: so the browser puts the focus back where it was.
  useEffect(() => {
    if (asked.isSuccess) dialog.current?.close();
  }, [asked.isSuccess]);

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-what`}
      onClose={onClose}
    >
      <div className={styles.inside}>
        <h2 id={`${id}-title`}>{title}</h2>
        <p id={`${id}-what`}>{what}</p>
        <p className={styles.fault} role="alert">
          {asked.error !== null && problemWords(asked.error)}
        </p>
        <span className={styles.buttons}>
          <Button onClick={() => dialog.current?.close()}>{t('app.cancel')}</Button>
          <Button tone="bad" disabled={asked.isPending} onClick={onConfirm}>
            {asked.isPending ? t('decide.sending') : verb}
          </Button>
        </span>
      </div>
    </dialog>
  );
}
