// The entry: languages, the cache, the page.
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app/App';
import { CrashGuard } from './app/CrashGuard';
import './design/tokens.css';
import './design/base.css';
import { startI18n } from './i18n';
import { makeQueryClient } from './state/client';

startI18n();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <CrashGuard>
      <QueryClientProvider client={makeQueryClient()}>
        <App />
      </QueryClientProvider>
    </CrashGuard>
  </StrictMode>,
);
