// The policy in parts that a person can look over: which keys belong together, and how a part goes back into the
// whole. Pure.

/** The parts of the policy, in the order of the page. */
export const SECTIONS = {
  rules: ['rules'],
  units: ['units'],
  deadlines: ['limits', 'calendar'],
  calls: ['call_trees'],
  desk: ['time_zone', 'urgent_from', 'desk'],
} as const;
export type Section = keyof typeof SECTIONS;
export const SECTION_NAMES = Object.keys(SECTIONS) as Section[];

export type PolicyDocument = Readonly<Record<string, unknown>>;

/** The part of `policy` that a section shows. */
export function partOf(policy: PolicyDocument, section: Section): Record<string, unknown> {
  return Object.fromEntries(
    SECTIONS[section].filter((key) => key in policy).map((key) => [key, policy[key]]),
  );
}

/** The policy with a section's part replaced; keys that were taken out of the part are gone. */
export function withPart(
  policy: PolicyDocument,
  section: Section,
  part: Record<string, unknown>,
): PolicyDocument {
  const own: readonly string[] = SECTIONS[section];
  const others = Object.entries(policy).filter(([key]) => !own.includes(key));
  return { ...Object.fromEntries(others), ...part };
}

/** A rule of routing, as far as a table shows it. */
export interface Rule {
  name: string;
  lead: string;
  supporting: readonly string[];
  /** Its conditions by their keys; none holds always. */
  when: Readonly<Record<string, unknown>>;
}

export function rulesOf(policy: PolicyDocument): Rule[] {
  const rules = policy.rules;
  return Array.isArray(rules) ? rules.map(ruleOf) : [];
}

function ruleOf(value: unknown): Rule {
  const rule = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const when = rule.when;
  const supporting = rule.supporting;
  return {
    name: wordOf(rule.name),
    lead: wordOf(rule.lead),
    supporting: Array.isArray(supporting) ? supporting.map(wordOf) : [],
    when: typeof when === 'object' && when !== null ? (when as Record<string, unknown>) : {},
  };
}

/** What a person reads of any value: lists by commas, hours from–to. */
export function wordOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(wordOf).join(', ');
  if (typeof value === 'object') {
    const { from, to } = value as { from?: unknown; to?: unknown };
    if (typeof from === 'string' && typeof to === 'string') {
      return `${from.slice(0, 5)}–${to.slice(0, 5)}`;
    }
    return JSON.stringify(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The policy with a rule moved by one place: the first rule that fits wins. */
export function withRuleMoved(policy: PolicyDocument, at: number, by: -1 | 1): PolicyDocument {
  const rules = policy.rules;
  if (!Array.isArray(rules) || at + by < 0 || at + by >= rules.length) return policy;
  const moved: unknown[] = [...(rules as unknown[])];
  const [rule] = moved.splice(at, 1);
  moved.splice(at + by, 0, rule);
  return { ...policy, rules: moved };
}

/** A unit and how deep it stands in the tree. */
export interface UnitRow {
  id: string;
  name: string;
  approval: string;
  depth: number;
}

/** The tree of units, each before those below it; what hangs in no tree comes last. */
export function unitRows(policy: PolicyDocument): UnitRow[] {
  const units = policy.units;
  const all = Array.isArray(units) ? (units as Record<string, unknown>[]) : [];
  const rows: UnitRow[] = [];
  const seen = new Set<string>();
  const below = (parent: string, depth: number): void => {
    for (const unit of all) {
      const id = wordOf(unit.id);
      if (wordOf(unit.parent) !== parent || seen.has(id)) continue;
      seen.add(id);
      rows.push({ id, name: wordOf(unit.name), approval: wordOf(unit.approval), depth });
      below(id, depth + 1);
    }
  };
  below('', 0);
  for (const unit of all) {
    const id = wordOf(unit.id);
    if (!seen.has(id)) rows.push({ id, name: wordOf(unit.name), approval: '', depth: 0 });
  }
  return rows;
}
