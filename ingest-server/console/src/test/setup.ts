// What every unit test starts from: the Vietnamese catalogue, an empty page and storage, and the few
// things a browser has and jsdom has not.
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

import { setLanguage, startI18n } from '../i18n';

startI18n('vi');
// A test waits for a state, however busy the machine is.
configure({ asyncUtilTimeout: 10_000 });

window.matchMedia = vi.fn().mockReturnValue({ matches: false });
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = () => undefined;
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  this.open = false;
  this.dispatchEvent(new Event('close'));
};

beforeEach(() => {
  localStorage.clear();
  window.history.replaceState(null, '', '/');
  setLanguage('vi');
});

afterEach(cleanup);
