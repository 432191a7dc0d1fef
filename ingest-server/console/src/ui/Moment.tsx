// A moment as an operator reads it: how long ago, and the exact local time.
import { localTime, relativeTime } from '../i18n/format';
import { useNow } from '../state/now';
import { useTranslation } from 'react-i18next';

interface Props {
  at: string;
  /** `both` says "3 minutes ago · 14:02:11". */
  as?: 'both' | 'relative' | 'exact';
}

export function Moment({ at, as = 'both' }: Props) {
  useTranslation();
  const now = useNow();
  const moment = new Date(at);
  const exact = localTime(moment, now);
  const relative = relativeTime(moment, now);
  const text = { both: `${relative} · ${exact}`, relative, exact }[as];
  return (
    <time dateTime={at} title={exact}>
      {text}
    </time>
  );
}
