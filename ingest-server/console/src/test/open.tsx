// The whole console at an address, and a person in front of it.
import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { App } from '../app/App';
import { makeQueryClient } from '../state/client';

export function open(path = '/') {
  window.history.replaceState(null, '', path);
  render(
    <QueryClientProvider client={makeQueryClient()}>
      <App />
    </QueryClientProvider>,
  );
  return userEvent.setup();
}
