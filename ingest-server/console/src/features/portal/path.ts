// The way of a report as its reporter sees it: what is behind it, where it stands, what comes. Pure.

/** The stages of the server, in its words. */
export type Stage =
  | 'received'
  | 'checking'
  | 'not_taken'
  | 'working'
  | 'postponed'
  | 'done'
  | 'not_solved'
  | 'reopened';

export interface Step {
  stage: Stage;
  standing: 'passed' | 'current' | 'ahead';
}

/** The way that leads through `stage`, and how many steps of it come before. */
function wayOf(stage: string): [readonly Stage[], number] {
  switch (stage) {
    case 'checking':
      return [['received', 'checking', 'working', 'done'], 1];
    case 'not_taken':
      return [['received', 'checking', 'not_taken'], 2];
    case 'working':
      return [['received', 'checking', 'working', 'done'], 2];
    case 'postponed':
      return [['received', 'checking', 'postponed', 'done'], 2];
    case 'reopened':
      return [['received', 'checking', 'reopened', 'done'], 2];
    case 'done':
      return [['received', 'checking', 'working', 'done'], 3];
    case 'not_solved':
      return [['received', 'checking', 'working', 'not_solved'], 3];
    default:
      return [['received', 'checking', 'working', 'done'], 0];
  }
}

export function pathOf(stage: string): Step[] {
  const [way, at] = wayOf(stage);
  return way.map((each, index) => ({
    stage: each,
    standing: index < at ? 'passed' : index === at ? 'current' : 'ahead',
  }));
}

/** Whether nothing more is expected of anybody at this stage. */
export function isOver(stage: string): boolean {
  return stage === 'not_taken' || stage === 'done' || stage === 'not_solved';
}
