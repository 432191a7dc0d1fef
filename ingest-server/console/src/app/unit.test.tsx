// A unit's day: what came to it, taken, worked on, answered; its leader's word; and what an auditor sees.
import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aCase, aDetail } from '../test/samples';
import { aSession, problem, TestServer } from '../test/server';

vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.session = {
    ...aSession,
    role: 'agency_handler',
    unit: 'trat-tu',
    rights: ['see_incidents', 'act', 'see_policy'],
  };
  server.units = [{ id: 'trat-tu', name: 'Đội trật tự' }];
  server.incidents = [
    aDetail({ id: 'i-1', number: 41, state: 'routed', lead_unit: 'trat-tu' }),
    aDetail({ id: 'i-2', number: 42, state: 'in_progress', lead_unit: 'trat-tu' }),
  ];
  server.install();
});

const bar = () => screen.findByRole('region', { name: 'Quyết định' });

describe("a unit's desk", () => {
  it('opens with what came to it, and shows its own filters alone', async () => {
    open();
    const rows = within(await screen.findByRole('list', { name: 'Danh sách sự cố' }));
    expect(rows.getAllByRole('link').map((row) => row.getAttribute('href'))).toEqual([
      '/incidents/i-1',
    ]);
    const filters = within(screen.getByRole('group', { name: 'Lọc theo trạng thái' }));
    expect(filters.getAllByRole('button').map((button) => button.textContent)).toEqual([
      'Mới chuyển đến',
      'Đang làm',
      'Chờ duyệt',
      'Đã xong',
      'Tất cả',
    ]);
    expect(screen.queryByRole('link', { name: 'Nhập phản ánh' })).toBeNull();
    expect(await screen.findByText(/Cán bộ xử lý · Đội trật tự/)).toBeTruthy();
  });

  it('takes what came with one press, by digit', async () => {
    server.cases.set('i-1', aCase({ state: 'routed', next_steps: ['return', 'accept'] }));
    const user = open('/incidents/i-1');
    await within(await bar()).findByRole('button', { name: /Nhận việc/ });
    await user.keyboard('1');
    expect(server.changes.at(-1)).toMatchObject({
      path: 'i-1/steps',
      body: { version: 3, step: { action: 'accept' } },
    });
    expect(await screen.findByText('Đã làm: Nhận việc.')).toBeTruthy();
  });

  it('answers with words, and "done" is no reason', async () => {
    server.cases.set('i-2', aCase({ id: 'i-2', state: 'in_progress', next_steps: ['answer'] }));
    const user = open('/incidents/i-2?filter=atWork');
    await within(await bar()).findByRole('button', { name: /Trả kết quả/ });
    await user.keyboard('1');
    const form = within(await screen.findByRole('form', { name: 'Trả kết quả' }));
    await user.type(form.getByLabelText('Ghi rõ'), 'Đã dọn xong{Enter}');
    expect(server.changes.at(-1)?.body).toEqual({
      version: 3,
      step: { action: 'answer', note: 'Đã dọn xong' },
    });
  });

  it('says why a step was refused, with the detail of the server', async () => {
    server.cases.set('i-1', aCase({ state: 'routed', next_steps: ['accept'] }));
    server.on('POST', 'incidents/i-1/steps', () =>
      problem(409, 'transition_refused', 'Không nhận.', { detail: 'Sự cố thuộc đơn vị khác.' }),
    );
    const user = open('/incidents/i-1');
    await user.click(await within(await bar()).findByRole('button', { name: /Nhận việc/ }));
    const fault = await within(await bar()).findByRole('alert');
    expect(fault.textContent).toContain('Không nhận. Sự cố thuộc đơn vị khác.');
  });

  it('is told when there is nothing to do', async () => {
    server.cases.set('i-1', aCase({ state: 'published', next_steps: [] }));
    open('/incidents/i-1');
    expect(await screen.findByText(/không còn việc gì/)).toBeTruthy();
  });
});

describe('an auditor', () => {
  it('sees everything and is offered nothing', async () => {
    server.session = { ...aSession, role: 'auditor', rights: ['see_incidents', 'see_policy'] };
    server.incidents = [aDetail({ id: 'i-1', number: 41 })];
    const user = open('/incidents/i-1');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    expect(await screen.findByText(/Vai trò của bạn chỉ xem/)).toBeTruthy();
    await user.keyboard('c');
    await user.keyboard('x');
    expect(server.changes).toEqual([]);
    expect(screen.queryByRole('button', { name: /Nhận giữ/ })).toBeNull();
    expect(screen.queryByRole('button', { name: /Chọn nhiều/ })).toBeNull();
  });
});

describe('many at once', () => {
  it('are marked by key, done with one press, told apart, and taken back', async () => {
    server.session = aSession;
    server.incidents = [aDetail({ id: 'i-1', number: 41 }), aDetail({ id: 'i-2', number: 42 })];
    server.on('POST', 'bulk/steps', () => ({
      items: [
        { id: 'i-1', version: 4, code: null, reason: null },
        { id: 'i-2', version: null, code: 'claimed_by_another', reason: null },
      ],
    }));
    const user = open();
    await screen.findByRole('list', { name: 'Danh sách sự cố' });
    await user.keyboard('x');
    const many = within(await screen.findByRole('region', { name: 'Làm nhiều sự cố một lần' }));
    await user.click(many.getByRole('button', { name: 'Chọn tất cả đang hiện' }));
    await user.click(many.getByRole('button', { name: 'Nhận xử lý' }));
    expect(server.changes.at(-1)?.body).toEqual({
      items: [
        { id: 'i-1', version: 3 },
        { id: 'i-2', version: 3 },
      ],
      step: { action: 'acknowledge' },
    });
    expect(
      await many.findByText(/Đã làm 1\. Không làm được: 1 × Người khác đang xử lý/),
    ).toBeTruthy();
    await user.click(many.getByRole('button', { name: 'Hoàn tác tất cả' }));
    expect(server.changes.at(-1)).toMatchObject({ path: 'i-1/undo', body: { version: 4 } });
  });
});
