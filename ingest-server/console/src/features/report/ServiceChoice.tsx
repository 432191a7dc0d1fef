// What kind of thing is reported, under the groups that the city has; and the questions of that kind.
import { useTranslation } from 'react-i18next';

import type { FieldFault } from '../../api/problem';
import type { Question } from '../../api/portal';
import { currentLanguage } from '../../i18n';
import { Field, faultsAt } from './Field';
import styles from './Report.module.css';
import { groupsOf, type Report } from './useReport';

interface Props {
  report: Report;
  faults: readonly FieldFault[];
}

export function ServiceChoice({ report, faults }: Props) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { service, services } = report;
  return (
    <>
      <Field
        label={t('portal.service')}
        faults={faultsAt(faults, 'service')}
        {...(service !== null && { hint: service.description[language] })}
      >
        {(control) => (
          <select
            {...control}
            name="service"
            value={service?.code ?? ''}
            onChange={(event) => {
              report.chooseService(event.target.value);
            }}
          >
            <option value="">{t(services === null ? 'app.loading' : 'portal.choose')}</option>
            {groupsOf(services?.items ?? [], language).map(([group, members]) => (
              <optgroup key={group} label={group}>
                {members.map((one) => (
                  <option key={one.code} value={one.code}>
                    {one.name[language]}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        )}
      </Field>
      {service?.attributes.map((question) => (
        <Answer
          key={`${service.code} ${question.code}`}
          question={question}
          values={report.answers[question.code] ?? []}
          faults={faultsAt(faults, `attributes.${question.code}`)}
          onAnswer={(values) => {
            report.answer(question.code, values);
          }}
        />
      ))}
    </>
  );
}

interface AnswerProps {
  question: Question;
  values: readonly string[];
  faults: readonly FieldFault[];
  onAnswer: (values: readonly string[]) => void;
}

/** What the browser offers for a kind of answer. */
const INPUTS: Partial<Record<string, string>> = { number: 'number', datetime: 'datetime-local' };

function Answer({ question, values, faults, onAnswer }: AnswerProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const asked = question.description[language];
  const label = question.required ? asked : t('portal.optional', { question: asked });
  if (question.datatype === 'singlevaluelist' || question.datatype === 'multivaluelist') {
    return (
      <Choices
        question={question}
        label={label}
        values={values}
        faults={faults}
        onAnswer={onAnswer}
      />
    );
  }
  const value = values[0] ?? '';
  const change = (text: string): void => {
    onAnswer([text]);
  };
  return (
    <Field label={label} faults={faults}>
      {(control) =>
        question.datatype === 'text' ? (
          <textarea
            {...control}
            rows={3}
            maxLength={2000}
            value={value}
            onChange={(event) => {
              change(event.target.value);
            }}
          />
        ) : (
          <input
            {...control}
            type={INPUTS[question.datatype] ?? 'text'}
            step="any"
            maxLength={500}
            value={question.datatype === 'datetime' ? localOf(value) : value}
            onChange={(event) => {
              const text = event.target.value;
              change(question.datatype === 'datetime' ? instantOf(text) : text);
            }}
          />
        )
      }
    </Field>
  );
}

function Choices({ question, label, values, faults, onAnswer }: AnswerProps & { label: string }) {
  const language = currentLanguage();
  const many = question.datatype === 'multivaluelist';
  const choose = (key: string): void => {
    if (!many) onAnswer([key]);
    else if (values.includes(key)) onAnswer(values.filter((value) => value !== key));
    else onAnswer([...values, key]);
  };
  return (
    <fieldset className={styles.field}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.choices}>
        {question.values.map(({ key, name }) => (
          <label key={key} className={styles.choice}>
            <input
              type={many ? 'checkbox' : 'radio'}
              name={question.code}
              checked={values.includes(key)}
              aria-invalid={faults.length > 0 ? true : undefined}
              onChange={() => {
                choose(key);
              }}
            />
            {name[language]}
          </label>
        ))}
      </div>
      {faults.length > 0 && (
        <p className={styles.fault}>{faults.map((fault) => fault.message).join(' ')}</p>
      )}
    </fieldset>
  );
}

/** What a field of local date and time shows of an instant; the offset is this browser's. */
function localOf(instant: string): string {
  const at = new Date(instant);
  if (instant === '' || Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The instant of a field of local date and time. */
export function instantOf(local: string): string {
  return local === '' ? '' : new Date(local).toISOString();
}
