// Agents and what was refused of them, as an administrator works with them, and what everybody else sees of them.
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aCamera, anAgent } from '../test/samples';
import { aSession, problem, TestServer } from '../test/server';

vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

const ADMINISTRATOR = {
  ...aSession,
  role: 'administrator' as const,
  rights: [
    ...['see_incidents', 'act', 'see_custody', 'see_orders', 'see_keys', 'manage_agents'],
    'see_quarantine',
  ],
};
const nothing = () => new Response(null, { status: 204 });

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.session = ADMINISTRATOR;
  server.cameras = [aCamera()];
  server.agents = [anAgent(), anAgent({ id: 'tram-2', liveness: 'offline' })];
  server.on('GET', 'gap-reports', () => ({ items: [] }));
  server.on('GET', 'quarantine', () => ({ items: [] }));
  server.install();
});

const pages = async () => within(await screen.findByRole('navigation', { name: 'Các trang' }));
const refusal = () => problem(500, 'internal', 'Máy chủ gặp lỗi.');

describe('links', () => {
  it('lead an administrator to agents and what was refused', async () => {
    const user = open('/');
    await user.click((await pages()).getByRole('link', { name: 'Trạm' }));
    await user.click(await screen.findByRole('link', { name: 'Bị từ chối' }));
    expect(await screen.findByText('Không có tin nào bị từ chối.')).toBeTruthy();
    expect((await pages()).getByRole('link', { current: 'page' }).textContent).toBe('Trạm');
  });

  it.each(['/agents', '/agents/tram-1', '/quarantine'])(
    'are not shown to whoever has no use for them, and %s says so',
    async (path) => {
      server.session = aSession;
      open(path);
      expect(await screen.findByText(/không có quyền xem trang này/)).toBeTruthy();
      const links = await pages();
      expect(links.getByRole('link', { name: 'Camera' })).toBeTruthy();
      expect(links.queryByRole('link', { name: 'Trạm' })).toBeNull();
      expect(screen.queryByRole('link', { name: 'Bị từ chối' })).toBeNull();
    },
  );

  it('do not lead a unit away from its own work', async () => {
    const rights = [...aSession.rights, 'see_orders'];
    server.session = { ...aSession, role: 'forest_unit', unit: 'kiem-lam', rights };
    open('/');
    expect((await pages()).queryByRole('link', { name: 'Trạm' })).toBeNull();
  });

  it('leave out what was refused where somebody may see agents alone', async () => {
    server.session = { ...aSession, rights: [...aSession.rights, 'see_orders', 'see_custody'] };
    server.on('GET', 'agents/tram-1/chain', () => ({ chains: [], faults: [] }));
    const user = open('/agents');
    await user.click(await screen.findByRole('link', { name: 'tram-1' }));
    expect(await screen.findByText('Trạm chưa gửi bản kê nào.')).toBeTruthy();
    expect(screen.queryByRole('link', { name: 'Bị từ chối' })).toBeNull();
    expect(screen.queryByRole('heading', { name: 'Khóa ký' })).toBeNull();
    expect(screen.queryByRole('button', { name: /Chặn trạm/ })).toBeNull();
  });
});

describe('agents', () => {
  it('are listed with those that are missed first, and what each let go', async () => {
    server.on('GET', 'gap-reports', () => ({
      items: [
        {
          agent: 'tram-1',
          outbox: '0011223344556677',
          revision: 2,
          received_at: '2026-11-22T07:00:00Z',
          losses: [
            {
              what: 'evidence',
              severity: 'low',
              count: 1240,
              first: '2026-11-20T07:00:00Z',
              last: '2026-11-22T06:00:00Z',
            },
          ],
        },
      ],
    }));
    open('/agents');
    const loss = within(await screen.findByRole('row', { name: /Tệp bằng chứng/ }));
    expect(loss.getByText('1.240')).toBeTruthy();
    expect(loss.getByRole('link', { name: 'tram-1' }).getAttribute('href')).toBe('/agents/tram-1');
    const names = screen
      .getAllByRole('rowheader')
      .map((cell) => cell.textContent)
      .slice(0, 2);
    expect(names).toEqual(['tram-2', 'tram-1']);
  });

  it('say that nothing had to go, that there are none, and that the list did not come', async () => {
    server.agents = [];
    server.on('GET', 'gap-reports', refusal);
    open('/agents');
    expect(await screen.findByText('Chưa có trạm nào được đăng ký.')).toBeTruthy();
    const failure = within(await screen.findByRole('alert'));
    expect(failure.getByText('Máy chủ gặp lỗi.')).toBeTruthy();
    server.on('GET', 'gap-reports', () => ({ items: [] }));
    await userEvent.click(failure.getByRole('button', { name: 'Thử lại' }));
    expect(await screen.findByText('Chưa có gì phải bỏ.')).toBeTruthy();
  });
});

describe('an agent', () => {
  const key = {
    key_id: '0123456789abcdef',
    public_key: 'x',
    valid_from: '2026-11-01T00:00:00Z',
    ends_at: null,
    ending: null,
  };

  beforeEach(() => {
    server.on('GET', 'agents/tram-1/keys', () => ({ items: [key] }));
    server.on('GET', 'agents/tram-1/chain', () => ({
      chains: [
        { id: 'c-1', first: 1, last: 9, received: 7 },
        { id: 'c-2', first: 1, last: 2, received: 2 },
      ],
      faults: [
        { kind: 'gap', chain: 'c-1', first: 4, last: 5 },
        { kind: 'fork', chain: 'c-1', first: 8, last: 8 },
      ],
    }));
  });

  it('has its gaps and forks named', async () => {
    open('/agents/tram-1');
    expect(await screen.findByText(/Thiếu: bản kê số 4 đến 5/)).toBeTruthy();
    expect(screen.getByText(/Trùng số: bản kê số 8$/)).toBeTruthy();
    expect(screen.getByText(/Hãy thu hồi khóa và đăng ký lại/)).toBeTruthy();
    expect(screen.getByText(/Liền mạch/)).toBeTruthy();
  });

  it('has a key revoked after a question, and not without', async () => {
    const user = open('/agents/tram-1');
    const revoke = { name: 'Thu hồi khóa 0123456789abcdef' };
    await user.click(await screen.findByRole('button', revoke));
    const question = () =>
      within(screen.getByRole('dialog', { name: /0123456789abcdef của trạm/ }));
    await user.click(question().getByRole('button', { name: 'Bỏ qua' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(server.changes).toEqual([]);

    server.on('POST', 'agents/tram-1/keys/0123456789abcdef/revoke', () => {
      const revoked = { ...key, ends_at: '2026-11-22T07:00:00Z', ending: 'revocation' };
      server.on('GET', 'agents/tram-1/keys', () => ({ items: [revoked] }));
      return nothing();
    });
    await user.click(screen.getByRole('button', revoke));
    await user.click(question().getByRole('button', { name: 'Thu hồi' }));
    expect(await screen.findByText('đã thu hồi')).toBeTruthy();
    expect(server.changes.map(({ path, csrf }) => [path, csrf])).toEqual([
      ['agents/tram-1/keys/0123456789abcdef/revoke', aSession.csrf_token],
    ]);
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
    expect(screen.queryByRole('button', revoke)).toBeNull();
  });

  it('is shut out after a question that names it, and a refusal stands in the question', async () => {
    server.on('POST', 'agents/tram-1/revoke', refusal);
    const user = open('/agents/tram-1');
    await user.click(await screen.findByRole('button', { name: 'Chặn trạm tram-1' }));
    const question = within(screen.getByRole('dialog', { name: 'Chặn trạm tram-1?' }));
    expect(document.activeElement?.textContent).not.toBe('Chặn trạm');
    await user.click(question.getByRole('button', { name: 'Chặn trạm' }));
    expect(await question.findByText('Máy chủ gặp lỗi.')).toBeTruthy();

    server.on('POST', 'agents/tram-1/revoke', () => {
      server.agents = [anAgent({ revoked_at: '2026-11-22T07:00:00Z' })];
      return nothing();
    });
    await user.click(question.getByRole('button', { name: 'Chặn trạm' }));
    expect(await screen.findByText(/Trạm đã bị chặn/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Chặn trạm tram-1' })).toBeNull();
  });

  it('that there is none of leads back', async () => {
    open('/agents/tram-9');
    expect(await screen.findByText('Không có trạm này.')).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Tất cả trạm' })).toBeTruthy();
  });
});

describe('what was refused', () => {
  const message = {
    id: 'q-1',
    received_at: '2026-11-22T07:00:00Z',
    topic: 'vong/v1/agents/tram-1/cameras/cam-1/status',
    reason: 'bad_signature',
    message: 'the signature does not fit',
    sha256: 'a'.repeat(64),
    bytes: 1200,
    count: 3,
  };

  it('says whose it was and why, and comes by itself', async () => {
    open('/quarantine');
    expect(await screen.findByText('Không có tin nào bị từ chối.')).toBeTruthy();
    expect(await screen.findByText(/Đang nhận trực tiếp/)).toBeTruthy();
    const unit = { ...message, id: 'q-2', topic: 'vong/v1/units/doi/acks', reason: 'malformed' };
    server.on('GET', 'quarantine', () => ({ items: [message, unit] }));
    server.tell('quarantine', '');
    const row = within(await screen.findByRole('row', { name: /Chữ ký không khớp/ }));
    expect(row.getByRole('link', { name: 'tram-1' }).getAttribute('href')).toBe('/agents/tram-1');
    expect(row.getByText(/camera cam-1/)).toBeTruthy();
    expect(row.getByText('Tình trạng camera')).toBeTruthy();
    expect(row.getByText('the signature does not fit')).toBeTruthy();
    expect(screen.getByText('Đơn vị doi')).toBeTruthy();
  });

  it('says that it did not come', async () => {
    server.on('GET', 'quarantine', refusal);
    open('/quarantine');
    expect(await screen.findByText('Máy chủ gặp lỗi.')).toBeTruthy();
  });
});
