// What every unit test starts from: the Vietnamese catalogue, an empty page and storage.
import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';

import { setLanguage, startI18n } from '../i18n';

startI18n('vi');

beforeEach(() => {
  localStorage.clear();
  setLanguage('vi');
});

afterEach(cleanup);
