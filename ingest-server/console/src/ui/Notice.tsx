// Something to be told in words: a failure, an empty list, a page that is loading.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ApiProblem } from '../api/problem';
import { Button } from './Button';
import styles from './Notice.module.css';

/** What went wrong, in the operator's language: the server's own words where it had any. */
export function useProblemText(): (error: Error) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiProblem)) return t('error.crash');
    if (error.code === 'network') return t('error.network');
    return error.title ?? t('error.unexpected', { status: error.status });
  };
}

/** [useProblemText] with what the server added, in one line: for the foot of a form. */
export function useProblemWords(): (error: Error) => string {
  const problemText = useProblemText();
  return (error) => {
    const detail = error instanceof ApiProblem ? error.detail : null;
    const fields = error instanceof ApiProblem ? error.fields : [];
    const named = fields.map(({ field, message }) => `${field}: ${message}`);
    return [problemText(error), detail, ...named].filter((part) => part !== null).join(' ');
  };
}

/** A failure with, where it can be tried again, the button for it. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  return (
    <div className={styles.failure} role="alert">
      <p>{problemText(error)}</p>
      {error instanceof ApiProblem && error.detail !== null && (
        <p className={styles.hint}>{error.detail}</p>
      )}
      {onRetry && <Button onClick={onRetry}>{t('app.retry')}</Button>}
    </div>
  );
}

/** A calm sentence in the middle of an area that has nothing else to show. */
export function Blank({ title, hint }: { title: ReactNode; hint?: ReactNode }) {
  return (
    <div className={styles.blank}>
      <p className={styles.title}>{title}</p>
      {hint !== undefined && <p className={styles.hint}>{hint}</p>}
    </div>
  );
}
