// The entry of the citizens' portal: languages and one page; no session, no live stream.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { CrashGuard } from './app/CrashGuard';
import './design/tokens.css';
import './design/daylight.css';
import './design/base.css';
import { Portal } from './features/portal/Portal';
import { startI18n } from './i18n';

startI18n();

const root = document.getElementById('root');
if (root === null) throw new Error('portal.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <CrashGuard>
      <Portal />
    </CrashGuard>
  </StrictMode>,
);
