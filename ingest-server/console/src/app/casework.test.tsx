// How an incident is worked, as people at the centre and in a unit do it.
import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aCase, aDetail } from '../test/samples';
import { TestServer } from '../test/server';

vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.incidents = [aDetail({ id: 'i-1', number: 41, state: 'confirmed' })];
  server.units = [{ id: 'trat-tu', name: 'Đội trật tự' }];
  server.install();
});

async function openCase(path = '/incidents/i-1?filter=all') {
  const user = open(path);
  return { user, panel: within(await screen.findByRole('region', { name: 'Hồ sơ xử lý' })) };
}

describe('the case', () => {
  it('says with whom it is, by when, and which rule sent it there', async () => {
    server.cases.set(
      'i-1',
      aCase({
        state: 'routed',
        lead: 'trat-tu',
        urgency: 'urgent',
        next_steps: [],
        stages: [
          {
            stage: 'process',
            round: 0,
            began: '2020-01-01T00:00:00Z',
            done: null,
            due: '2020-01-02T00:00:00Z',
            warn: null,
            missed: null,
          },
        ],
        route: {
          at: null,
          policy_version: 1,
          rule: 'via-he',
          lead: 'trat-tu',
          supporting: [],
          reasons: [
            { rule: 'nuoc', verdict: 'fails', term: 'area' },
            { rule: 'via-he', verdict: 'fits', term: null },
          ],
        },
      }),
    );
    const { panel } = await openCase();
    // The unit by its name, once the policy is here.
    expect(await panel.findByText('Đội trật tự')).toBeTruthy();
    expect(panel.getByText('Khẩn')).toBeTruthy();
    expect(panel.getByText(/Quá hạn từ/)).toBeTruthy();
    expect(panel.getByText('Chuyển theo quy tắc via-he')).toBeTruthy();
    expect(panel.getByText(/không khớp/).textContent).toContain('địa bàn');
  });

  it('takes the next step by key, with the unit it names', async () => {
    server.cases.set('i-1', aCase({ state: 'confirmed', next_steps: ['route'] }));
    const { user } = await openCase();
    await user.keyboard('r');
    await user.selectOptions(await screen.findByLabelText('Đơn vị'), 'Đội trật tự');
    await user.click(
      within(screen.getByRole('form', { name: 'Chuyển đơn vị' })).getByRole('button', {
        name: /Chuyển đơn vị/,
      }),
    );
    expect(server.changes.at(-1)).toMatchObject({
      path: 'i-1/steps',
      body: { version: 3, step: { action: 'route', unit: 'trat-tu' } },
    });
  });

  it('is held, and the last step taken back, by key', async () => {
    const undo = { action: 'confirm', until: '2030-01-01T00:00:00Z' };
    server.cases.set('i-1', aCase({ next_steps: [], undo }));
    const { user, panel } = await openCase();
    await user.keyboard('h');
    expect(server.changes.at(-1)).toMatchObject({ path: 'i-1/claim', method: 'PUT' });
    await panel.findByRole('button', { name: /Hoàn tác/ });
    await user.keyboard('z');
    expect(server.changes.at(-1)).toMatchObject({ path: 'i-1/undo', body: { version: 3 } });
  });

  it('stops the clock with a reason, and notes a complaint about a unit', async () => {
    server.cases.set('i-1', aCase({ next_steps: [] }));
    const { user, panel } = await openCase();
    await user.click(panel.getByRole('button', { name: 'Dừng đồng hồ' }));
    await user.selectOptions(await panel.findByLabelText('Lý do'), 'chờ cơ quan khác');
    await user.click(
      within(panel.getByRole('form', { name: 'Dừng đồng hồ' })).getByRole('button', {
        name: 'Dừng đồng hồ',
      }),
    );
    expect(server.changes.at(-1)).toMatchObject({
      path: 'i-1/pause',
      body: { reason: 'waiting_for_others' },
    });
    const complain = panel.getByRole('button', { name: 'Phản ánh về đơn vị…' });
    await waitFor(() => {
      expect(complain.hasAttribute('disabled')).toBe(false);
    });
    await user.click(complain);
    await user.selectOptions(await panel.findByLabelText('Đơn vị'), 'Đội trật tự');
    await user.click(panel.getByRole('button', { name: 'Ghi đơn vị bị phản ánh' }));
    expect(server.changes.at(-1)).toMatchObject({
      path: 'i-1/complaint',
      body: { unit: 'trat-tu' },
    });
  });

  it('held by somebody else is taken over by whoever leads, by nobody else', async () => {
    const claim = { by: 'minh', until: '2030-01-01T00:00:00Z' };
    server.cases.set('i-1', aCase({ claim }));
    const { panel } = await openCase();
    const button = panel.getByRole('button', { name: 'Giành lại' });
    expect(button.hasAttribute('disabled')).toBe(true);
    expect(button.getAttribute('title')).toBe('minh đang giữ');
  });

  it('is asked of the rules before it is sent anywhere', async () => {
    server.on('GET', 'incidents/i-1/proposed-route', () => ({
      at: null,
      policy_version: null,
      rule: 'via-he',
      lead: 'trat-tu',
      supporting: [],
      reasons: [{ rule: 'nuoc', verdict: 'fails', term: 'category' }],
    }));
    const { user, panel } = await openCase();
    await user.click(panel.getByRole('button', { name: 'Quy tắc nói gì?' }));
    expect(await panel.findByText('Chuyển theo quy tắc via-he')).toBeTruthy();
    expect(panel.getByText(/không khớp/).textContent).toContain('loại');
  });
});
