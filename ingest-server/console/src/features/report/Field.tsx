// A field of a form with its name, and below it what the server says is wrong with it.
import { useId, type ReactNode } from 'react';

import type { FieldFault } from '../../api/problem';
import styles from './Report.module.css';

/** What the control itself carries. */
export interface Control {
  id: string;
  'aria-invalid': boolean | undefined;
  'aria-describedby': string | undefined;
}

interface Props {
  label: ReactNode;
  hint?: ReactNode;
  faults?: readonly FieldFault[];
  children: (control: Control) => ReactNode;
}

export function Field({ label, hint, faults = [], children }: Props) {
  const id = useId();
  const wrong = faults.length > 0;
  const told = [hint !== undefined && `${id}-hint`, wrong && `${id}-fault`].filter(
    (part) => part !== false,
  );
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.soft}>
          {hint}
        </p>
      )}
      {children({
        id,
        'aria-invalid': wrong ? true : undefined,
        'aria-describedby': told.length > 0 ? told.join(' ') : undefined,
      })}
      {wrong && (
        <p id={`${id}-fault`} className={styles.fault}>
          {faults.map((fault) => fault.message).join(' ')}
        </p>
      )}
    </div>
  );
}

/** The server's names of what a control of a form holds, where they are others. */
export const FIELDS: Partial<Record<string, readonly string[]>> = {
  // Words may stand for a place.
  address: ['address', 'lat'],
  name: ['contact.name'],
  phone: ['contact.phone'],
  email: ['contact.email'],
};

/** The faults of the fields whose names begin with one of these. */
export function faultsAt(faults: readonly FieldFault[], ...names: string[]): FieldFault[] {
  return faults.filter(({ field }) => names.some((name) => isAt(field, name)));
}

/** Whether a field is the named one, or a part of it. */
export function isAt(field: string, name: string): boolean {
  return field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`);
}
