// Pictures and films that go along: shown before they are sent, taken off again, held to the server's limits.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { FieldFault } from '../../api/problem';
import { megabytes } from '../../i18n/format';
import { Button } from '../../ui/Button';
import styles from './Report.module.css';
import { refusalOf } from './limits';
import type { Report } from './useReport';

const ACCEPTED = 'image/jpeg,image/png,image/webp,video/mp4,video/quicktime';

interface Props {
  report: Report;
  faults: readonly FieldFault[];
}

export function Attachments({ report, faults }: Props) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState<readonly string[]>([]);
  const { files, services } = report;
  const add = (chosen: readonly File[]): void => {
    const fits: File[] = [];
    const words: string[] = [];
    for (const file of chosen) {
      const why = services && refusalOf(file, files.length + fits.length, services);
      if (why === null) fits.push(file);
      else if (why === 'too_many')
        words.push(t('portal.tooMany', { count: services?.max_files ?? 0 }));
      else {
        const most = why === 'film' ? services?.max_video_bytes : services?.max_picture_bytes;
        words.push(t('portal.tooLarge', { name: file.name, most: megabytes(most ?? 0) }));
      }
    }
    setRefused([...new Set(words)]);
    if (fits.length > 0) report.attach(fits);
  };
  const wrong = [...refused, ...faults.map((fault) => fault.message)];
  return (
    <div className={styles.field}>
      <label className={styles.picker}>
        {t('portal.addFiles', { count: services?.max_files ?? 0 })}
        <input
          type="file"
          multiple
          accept={ACCEPTED}
          disabled={services === null}
          onChange={(event) => {
            add([...(event.target.files ?? [])]);
            // So that the same file can be chosen again after it was taken off.
            event.target.value = '';
          }}
        />
      </label>
      {files.length > 0 && (
        <ul className={styles.files} aria-label={t('portal.attached')}>
          {files.map((one) => (
            <li key={one.preview} className={styles.file}>
              {one.file.type.startsWith('image/') ? (
                <img src={one.preview} alt={one.file.name} />
              ) : (
                <span className={styles.film} aria-hidden="true">
                  ▶
                </span>
              )}
              <span className={styles.fileName}>{one.file.name}</span>
              <Button
                aria-label={t('portal.removeNamed', { name: one.file.name })}
                onClick={() => {
                  report.detach(one);
                }}
              >
                {t('portal.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {wrong.length > 0 && (
        <p className={styles.fault} role="alert">
          {wrong.join(' ')}
        </p>
      )}
    </div>
  );
}
