// Shuts an agent out, after a question that names it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useAgentWish } from '../../state/agents';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import styles from './AgentsPage.module.css';

export function ShutOut({ agent }: { agent: string }) {
  const { t } = useTranslation();
  const wish = useAgentWish(agent);
  const [asked, setAsked] = useState(false);
  return (
    <section className={styles.card} aria-labelledby="shut-out-title">
      <h2 id="shut-out-title">{t('agents.shutOut')}</h2>
      <p className={styles.soft}>{t('agents.shutOutWhen')}</p>
      <span>
        <Button
          tone="bad"
          onClick={() => {
            wish.reset();
            setAsked(true);
          }}
        >
          {t('agents.shutOutNow', { agent })}
        </Button>
      </span>
      {asked && (
        <ConfirmDialog
          title={t('agents.shutOutTitle', { agent })}
          what={t('agents.shutOutWhat', { agent })}
          verb={t('agents.shutOut')}
          asked={wish}
          onConfirm={() => {
            wish.mutate({ kind: 'agent' });
          }}
          onClose={() => {
            setAsked(false);
          }}
        />
      )}
    </section>
  );
}
