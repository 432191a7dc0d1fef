// A report followed by its code.
import { useCallback, useEffect, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { followReport, type Followed } from '../../api/portal';
import { ApiProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Blank, Failure } from '../../ui/Notice';
import { Field } from '../report/Field';
import { FollowedReport } from './FollowedReport';
import styles from './Portal.module.css';

interface Props {
  code: string;
  /** Says which code is followed, so that the address can name it. */
  onFollow: (code: string) => void;
}

export function Follow({ code, onFollow }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(code);
  const [report, setReport] = useState<Followed | null>(null);
  const [error, setError] = useState<Error | null>(null);

  const read = useCallback(() => {
    followReport(code).then(
      (followed) => {
        setReport(followed);
        setError(null);
      },
      (failure: unknown) => {
        setReport(null);
        setError(failure instanceof Error ? failure : new Error('unexpected'));
      },
    );
  }, [code]);

  useEffect(() => {
    if (code !== '') read();
  }, [code, read]);

  const look = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = typed.trim();
    if (wanted === code) read();
    else if (wanted !== '') onFollow(wanted);
  };
  const unknown = error instanceof ApiProblem && error.status === 404;

  return (
    <>
      <form className={styles.card} onSubmit={look}>
        <Field
          label={t('portal.code')}
          hint={t('portal.codeHint')}
          faults={unknown ? [{ field: 'code', message: t('portal.noSuchCode') }] : []}
        >
          {(control) => (
            <input
              {...control}
              name="code"
              value={typed}
              autoCapitalize="characters"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setTyped(event.target.value);
              }}
            />
          )}
        </Field>
        <Button type="submit" tone={report === null ? 'primary' : 'plain'}>
          {t('portal.look')}
        </Button>
      </form>
      {error !== null && !unknown && <Failure error={error} onRetry={read} />}
      {code !== '' && report === null && error === null && <Blank title={t('app.loading')} />}
      {report !== null && <FollowedReport code={code} report={report} onChange={setReport} />}
    </>
  );
}
