// What the person who is logged in may do, and for whom they act. The server decides; this decides what is shown.
import type { Session } from '../api/types';
import { useSession } from './session';

/** The rights that the screen asks about, in the server's words. */
export type Right =
  | 'act'
  | 'merge'
  | 'unmask'
  | 'release'
  | 'see_orders'
  | 'command'
  | 'set_desired'
  | 'enter_reports'
  | 'see_contacts'
  | 'erase_contacts'
  | 'see_keys'
  | 'manage_agents'
  | 'see_quarantine'
  | 'see_policy'
  | 'set_policy'
  | 'dispatch'
  | 'see_dispatch'
  | 'see_custody'
  | 'see_accounts'
  | 'manage_accounts'
  | 'read_access_log';

/** Where somebody stands in the life of a case. */
export type Desk =
  /** The centre: looks first, decides, routes, publishes. */
  | 'centre'
  /** A unit: gets what is routed to it, and answers. */
  | 'unit'
  /** Reads everything, changes nothing. */
  | 'onlooker';

const UNIT_ROLES: readonly string[] = [
  'agency_handler',
  'agency_leader',
  'traffic_police',
  'forest_unit',
];

/** Whether the role acts for a unit, and sees nothing without one. */
export function isUnitRole(role: string): boolean {
  return UNIT_ROLES.includes(role);
}

export function deskOf(session: Pick<Session, 'role' | 'rights'>): Desk {
  if (!session.rights.includes('act')) return 'onlooker';
  return isUnitRole(session.role) ? 'unit' : 'centre';
}

export interface Rights {
  may: (right: Right) => boolean;
  /** Every right that is theirs, also those that the screen never asks about. */
  held: readonly string[];
  desk: Desk;
  /** May take over what somebody else holds, and close what cannot be solved. */
  leads: boolean;
}

/** Nothing while nobody is logged in. */
export function useRights(): Rights {
  const state = useSession().data;
  if (state?.kind !== 'open') {
    return { may: () => false, held: [], desk: 'onlooker', leads: false };
  }
  const { session } = state;
  return {
    may: (right) => session.rights.includes(right),
    held: session.rights,
    desk: deskOf(session),
    leads: session.role === 'shift_lead' || session.role === 'administrator',
  };
}

/** The log-in name of whoever is here; none while nobody is. */
export function useUsername(): string | null {
  const state = useSession().data;
  return state?.kind === 'open' ? state.session.username : null;
}

/** The unit that whoever is here acts for; none at the centre. */
export function useOwnUnit(): string | null {
  const state = useSession().data;
  return state?.kind === 'open' ? (state.session.unit ?? null) : null;
}
