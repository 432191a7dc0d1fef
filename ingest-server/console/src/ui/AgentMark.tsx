// Whether an agent is there, by shape and by word.
import type { Agent } from '../api/types';
import { useNames } from '../i18n/words';
import { standingOfAgent, type AgentStanding } from '../state/cameras';

const SIGNS: Record<AgentStanding, string> = { online: '●', offline: '▲', revoked: '○' };

export function AgentMark({ agent }: { agent: Agent }) {
  const name = useNames();
  const standing = standingOfAgent(agent);
  return (
    <span>
      <span aria-hidden="true">{SIGNS[standing]}</span> {name('liveness', standing)}
    </span>
  );
}
