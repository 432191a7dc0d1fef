// Keys of programs as an administrator works with them, and what everybody else sees of them.
import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aSession, problem, TestServer } from '../test/server';

vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

const ADMINISTRATOR = {
  ...aSession,
  role: 'administrator' as const,
  rights: ['see_incidents', 'submit_reports', 'see_accounts', 'manage_accounts', 'read_access_log'],
};

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.session = ADMINISTRATOR;
  server.install();
});

describe('keys of programs', () => {
  const key = {
    id: 'k-1',
    name: 'cổng 1022',
    account: 'lan',
    rights: ['submit_reports'],
    scope: { areas: [], kinds: [] },
    created_at: '2026-11-01T00:00:00Z',
    expires_at: '2099-01-01T00:00:00Z',
    revoked_at: null,
    last_used_at: null,
  };
  const lan = {
    username: 'lan',
    display_name: 'Lan',
    role: 'operator',
    unit: null,
    scope: { areas: [], kinds: [] },
    disabled: false,
  };

  beforeEach(() => {
    server.on('GET', 'accounts', () => ({
      items: [lan, { ...lan, username: 'cu', display_name: 'Cũ', disabled: true }],
    }));
    server.on('GET', 'api-keys', () => ({ items: [] }));
  });

  it('stand beside the accounts', async () => {
    server.on('GET', 'access-log', () => ({ items: [], next_before: null, broken_at: null }));
    const user = open('/people');
    await user.click(await screen.findByRole('link', { name: 'Khóa API' }));
    expect(await screen.findByText('Chưa có khóa nào.')).toBeTruthy();
  });

  it('are no page, and no link, for whoever may not see accounts', async () => {
    server.session = aSession;
    open('/people/keys');
    expect(await screen.findByText(/không có quyền xem trang này/)).toBeTruthy();
    expect(screen.queryByRole('link', { name: 'Khóa API' })).toBeNull();
    expect(screen.queryByRole('link', { name: 'Tài khoản' })).toBeNull();
  });

  it('say that they did not come', async () => {
    server.on('GET', 'api-keys', () => problem(500, 'internal', 'Máy chủ gặp lỗi.'));
    open('/people/keys');
    expect(await screen.findByText('Máy chủ gặp lỗi.')).toBeTruthy();
  });

  it('are made with some rights, and the secret is shown once', async () => {
    server.on('POST', 'api-keys', () => {
      server.on('GET', 'api-keys', () => ({ items: [key] }));
      return { secret: 'vongkey_once', key };
    });
    const user = open('/people/keys');
    await user.click(await screen.findByText('Cấp khóa mới…'));
    const form = within(screen.getByRole('form', { name: 'Cấp khóa mới…' }));
    const make = form.getByRole('button', { name: 'Cấp khóa' });
    await user.type(form.getByLabelText('Khóa dùng để làm gì'), 'cổng 1022');
    await user.selectOptions(
      form.getByLabelText('Làm thay tài khoản'),
      await form.findByRole('option', { name: /Lan \(lan\)/ }),
    );
    expect(form.queryByRole('option', { name: /Cũ/ })).toBeNull();
    await user.type(form.getByLabelText('Dùng đến hết ngày'), '2027-05-31');
    expect(make.hasAttribute('disabled')).toBe(true);
    await user.click(form.getByRole('checkbox', { name: 'Gửi phản ánh từ phần mềm khác' }));
    await user.click(make);
    expect(await screen.findByText('vongkey_once')).toBeTruthy();
    expect(server.changes.at(-1)).toMatchObject({
      path: 'api-keys',
      csrf: aSession.csrf_token,
      body: {
        name: 'cổng 1022',
        account: 'lan',
        rights: ['submit_reports'],
        scope: { areas: [], kinds: [] },
        expires_at: '2027-05-31T16:59:59.000Z',
      },
    });
    const row = within(await screen.findByRole('row', { name: /cổng 1022/ }));
    expect(row.getByText('Gửi phản ánh từ phần mềm khác')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Đã cất khóa' }));
    expect(screen.queryByText('vongkey_once')).toBeNull();
  });

  it('show why one is not made, and keep what was typed', async () => {
    server.on('POST', 'api-keys', () =>
      problem(400, 'invalid_request', 'Yêu cầu không hợp lệ.', {
        detail: 'the account has no right set_policy',
      }),
    );
    const user = open('/people/keys');
    await user.click(await screen.findByText('Cấp khóa mới…'));
    const form = within(screen.getByRole('form', { name: 'Cấp khóa mới…' }));
    await user.type(form.getByLabelText('Khóa dùng để làm gì'), 'cổng');
    await user.selectOptions(
      form.getByLabelText('Làm thay tài khoản'),
      await form.findByRole('option', { name: /Lan/ }),
    );
    await user.type(form.getByLabelText('Dùng đến hết ngày'), '2027-05-31');
    await user.click(form.getByRole('checkbox', { name: 'Xem sự cố' }));
    await user.click(form.getByRole('button', { name: 'Cấp khóa' }));
    expect(await form.findByText(/has no right set_policy/)).toBeTruthy();
    expect(form.getByDisplayValue('cổng')).toBeTruthy();
  });

  it('are revoked after a question that names the key and whom it acts for', async () => {
    server.on('GET', 'api-keys', () => ({ items: [key] }));
    server.on('DELETE', 'api-keys/k-1', () => {
      const revoked = { ...key, revoked_at: '2026-11-22T07:00:00Z' };
      server.on('GET', 'api-keys', () => ({ items: [revoked] }));
      return new Response(null, { status: 204 });
    });
    const user = open('/people/keys');
    await user.click(await screen.findByRole('button', { name: 'Thu hồi khóa cổng 1022' }));
    const question = within(screen.getByRole('dialog', { name: 'Thu hồi khóa cổng 1022?' }));
    expect(question.getByText(/tài khoản lan/)).toBeTruthy();
    await user.click(question.getByRole('button', { name: 'Thu hồi' }));
    expect(await screen.findByText('Đã thu hồi')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /Thu hồi khóa/ })).toBeNull();
    expect(server.changes.map(({ method, path }) => [method, path])).toEqual([
      ['DELETE', 'api-keys/k-1'],
    ]);
  });

  it('are read, not made or revoked, by an auditor', async () => {
    server.session = { ...ADMINISTRATOR, role: 'auditor', rights: ['see_accounts'] };
    server.on('GET', 'api-keys', () => ({ items: [key] }));
    open('/people/keys');
    expect(await screen.findByRole('row', { name: /cổng 1022/ })).toBeTruthy();
    expect(screen.queryByText('Cấp khóa mới…')).toBeNull();
    expect(screen.queryByRole('button', { name: /Thu hồi/ })).toBeNull();
  });
});
