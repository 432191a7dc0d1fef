// Who sees what: nobody's page, the log-in, or the console.
import { useTranslation } from 'react-i18next';

import { LoginPage } from '../features/login/LoginPage';
import { LiveProvider } from '../state/live';
import { useSession } from '../state/session';
import { Blank, Failure } from '../ui/Notice';
import { Shell } from './Shell';

export function App() {
  const { t } = useTranslation();
  const session = useSession();
  if (session.data === undefined) {
    return session.isError ? (
      <Failure error={session.error} onRetry={() => void session.refetch()} />
    ) : (
      <Blank title={t('app.loading')} />
    );
  }
  switch (session.data.kind) {
    case 'closed':
      return <LoginPage expiredUser={null} />;
    case 'expired':
      return <LoginPage expiredUser={session.data.username} />;
    case 'open':
      return (
        <LiveProvider>
          <Shell session={session.data.session} />
        </LiveProvider>
      );
  }
}
