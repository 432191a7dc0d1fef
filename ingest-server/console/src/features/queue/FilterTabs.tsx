// Which states the queue shows.
import { useTranslation } from 'react-i18next';

import type { Filter } from '../../state/incidents';
import { cx } from '../../ui/cx';
import styles from './FilterTabs.module.css';

interface Props {
  filters: readonly Filter[];
  filter: Filter;
  onChoose: (filter: Filter) => void;
}

export function FilterTabs({ filters, filter, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <div className={styles.tabs} role="group" aria-label={t('queue.filter')}>
      {filters.map((choice) => (
        <button
          key={choice}
          type="button"
          className={cx(styles.tab, choice === filter && styles.current)}
          aria-pressed={choice === filter}
          onClick={() => {
            onChoose(choice);
          }}
        >
          {t(`filter.${choice}`)}
        </button>
      ))}
    </div>
  );
}
