// The frame of every page: header, status strip, and the page that the address names.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Route, Switch } from 'wouter';

import type { Session } from '../api/types';
import { AdminPage } from '../features/admin/AdminPage';
import { KeysPage } from '../features/admin/KeysPage';
import { AgentPage } from '../features/agents/AgentPage';
import { AgentsPage } from '../features/agents/AgentsPage';
import { QuarantinePage } from '../features/agents/QuarantinePage';
import { CameraPage } from '../features/camera/CameraPage';
import { CamerasPage } from '../features/cameras/CamerasPage';
import { EntryPage } from '../features/entry/EntryPage';
import { HelpDialog } from '../features/help/HelpDialog';
import { OverduePage } from '../features/overdue/OverduePage';
import { QueuePage } from '../features/queue/QueuePage';
import { PolicyPage } from '../features/setup/PolicyPage';
import { StatusStrip } from '../features/strip/StatusStrip';
import { Blank } from '../ui/Notice';
import { useKeys } from '../ui/useKeys';
import { Header } from './Header';
import styles from './Shell.module.css';

export function Shell({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [helping, setHelping] = useState(false);
  const help = (): void => {
    setHelping(true);
  };
  useKeys({ '?': help });
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        {t('app.skip')}
      </a>
      <Header session={session} onHelp={help} />
      <StatusStrip />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Switch>
          <Route path="/">
            <QueuePage selected={null} />
          </Route>
          <Route path="/incidents/:id">{({ id }) => <QueuePage selected={id} />}</Route>
          <Route path="/overdue">
            <OverduePage />
          </Route>
          <Route path="/entry">
            <EntryPage />
          </Route>
          <Route path="/cameras">
            <CamerasPage />
          </Route>
          <Route path="/cameras/:agent/:id">
            {({ agent, id }) => (
              <CameraPage
                key={`${agent}/${id}`}
                agent={decodeURIComponent(agent)}
                id={decodeURIComponent(id)}
              />
            )}
          </Route>
          <Route path="/agents">
            <AgentsPage />
          </Route>
          <Route path="/agents/:id">
            {({ id }) => <AgentPage key={id} id={decodeURIComponent(id)} />}
          </Route>
          <Route path="/quarantine">
            <QuarantinePage />
          </Route>
          <Route path="/people">
            <AdminPage />
          </Route>
          <Route path="/people/keys">
            <KeysPage />
          </Route>
          <Route path="/policy">
            <PolicyPage />
          </Route>
          <Route>
            <Blank title={t('app.notFound')} hint={<Link href="/">{t('app.toQueue')}</Link>} />
          </Route>
        </Switch>
      </main>
      {helping && (
        <HelpDialog
          onClose={() => {
            setHelping(false);
          }}
        />
      )}
    </div>
  );
}
