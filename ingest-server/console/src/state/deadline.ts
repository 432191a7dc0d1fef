// How near a deadline is: in time, near, or late. Pure, but for the policy that says what "near" is.
import { useQuery } from '@tanstack/react-query';

import { policyQuery } from './casework';

export type DueStanding = 'in_time' | 'near' | 'late';

/** Where a stage stands that is due at `due` and near from `warn` on. */
export function standingOf(due: string, warn: string | null, now: Date): DueStanding {
  if (new Date(due) <= now) return 'late';
  return warn !== null && new Date(warn) <= now ? 'near' : 'in_time';
}

/** Hours before its end at which a stage is near, where no limit of the policy says so. */
const WARN_HOURS = 4;

interface Limit {
  urgency: string;
  stage: string;
  warn_hours: number;
}

function isLimit(value: unknown): value is Limit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stage' in value &&
    'urgency' in value &&
    'warn_hours' in value &&
    typeof value.warn_hours === 'number'
  );
}

/** From when on a stage of this urgency is near. Hours of work are taken as hours: a mark in a list, not a promise. */
export function warnOf(due: string, stage: string, urgency: string, limits: unknown): string {
  const known = Array.isArray(limits) ? limits.filter(isLimit) : [];
  const limit = known.find((one) => one.stage === stage && one.urgency === urgency);
  const hours = limit?.warn_hours ?? WARN_HOURS;
  return new Date(new Date(due).getTime() - hours * 3_600_000).toISOString();
}

/** [warnOf] by the policy in force. */
export function useWarn(): (due: string, stage: string, urgency: string) => string {
  const limits: unknown = useQuery(policyQuery).data?.policy.limits;
  return (due, stage, urgency) => warnOf(due, stage, urgency, limits);
}
