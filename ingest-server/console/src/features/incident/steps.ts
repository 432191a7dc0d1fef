// Steps of a case as the screen offers them: their order, and what each needs besides. Pure.

/** What goes forward comes first, what goes back after it, what ends last. */
const ORDER = [
  ...['mark_eligible', 'acknowledge', 'confirm', 'accept', 'start', 'answer', 'approve', 'publish'],
  ...['route', 'resume_work', 'resolve', 'send_back', 'pass_down', 'return', 'mark_not_eligible'],
  ...['reject', 'defer', 'reopen', 'close_unresolved'],
];

/** The steps in the order of buttons; one that a newer server knows comes last. */
export function inOrder(steps: readonly string[]): string[] {
  const place = (step: string): number => {
    const at = ORDER.indexOf(step);
    return at < 0 ? ORDER.length : at;
  };
  return steps.toSorted((a, b) => place(a) - place(b));
}

/** Steps that need nothing besides and are easily taken back: one press takes them. */
const AT_ONCE: readonly string[] = ['mark_eligible', 'accept', 'start', 'approve', 'resume_work'];

export function isTakenAtOnce(step: string): boolean {
  return AT_ONCE.includes(step);
}

/** A form for something that is done with a case: a step, or a verb of the desk. */
export interface Needs {
  /** The group of the catalogue that names the reasons. */
  reasonsIn: 'caseReason' | 'pauseReason' | 'rejectReason';
  /** The reasons there are; none where the step gives no reason. */
  reasons: readonly string[];
  unit: 'none' | 'needed' | 'optional';
  note: 'optional' | 'needed';
  /** Whether a day is to be named. */
  day: 'none' | 'needed';
  /** Whether units may help. */
  supporting: 'none' | 'optional';
}

const PLAIN: Needs = {
  reasonsIn: 'caseReason',
  reasons: [],
  unit: 'none',
  note: 'optional',
  day: 'none',
  supporting: 'none',
};

const NEEDS: Partial<Record<string, Partial<Needs>>> = {
  mark_not_eligible: {
    reasons: [
      'outside_remit',
      'not_enough_to_go_on',
      'under_way_elsewhere',
      'not_a_field_matter',
      'abuse',
    ],
    note: 'needed',
  },
  reject: {
    reasonsIn: 'rejectReason',
    reasons: ['false_detection', 'not_eligible', 'outside_remit', 'abuse', 'duplicate'],
  },
  route: { unit: 'needed', supporting: 'optional' },
  pass_down: { unit: 'needed' },
  return: {
    reasons: ['not_our_area', 'not_our_matter', 'not_enough_to_go_on', 'conflict_of_interest'],
    note: 'needed',
  },
  // The first says that it is done; the others why it is not.
  answer: {
    reasons: ['done', 'not_found', 'no_legal_basis', 'beyond_means', 'private_matter'],
    note: 'needed',
  },
  send_back: { note: 'needed' },
  close_unresolved: {
    reasons: ['not_found', 'no_legal_basis', 'beyond_means', 'private_matter', 'withdrawn'],
    note: 'needed',
  },
  defer: { day: 'needed', note: 'needed' },
  reopen: {
    reasons: ['not_fixed', 'came_back', 'wrong_answer', 'new_evidence', 'mistake'],
    note: 'needed',
  },
  // Verbs of the desk.
  shelve: { note: 'needed' },
  pause: {
    reasonsIn: 'pauseReason',
    reasons: ['waiting_for_reporter', 'waiting_for_others', 'force_majeure'],
  },
  complaint: { unit: 'optional' },
};

export function needsOf(action: string): Needs {
  return { ...PLAIN, ...NEEDS[action] };
}

/** The reason as the server wants it: an answer that says "done" gives none. */
export function reasonSent(action: string, reason: string): string | undefined {
  return reason === '' || (action === 'answer' && reason === 'done') ? undefined : reason;
}
