// The pages beside the queue: a phone call taken down, the policy tried and set, a camera asked and told.
import { fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aCamera, aDetail, aReport, someServices } from '../test/samples';
import { aSession, problem, TestServer } from '../test/server';

vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.session = {
    ...aSession,
    role: 'administrator',
    rights: [
      ...['see_incidents', 'act', 'enter_reports', 'see_policy', 'set_policy', 'unmask'],
      ...['see_orders', 'command', 'set_desired', 'see_contacts', 'erase_contacts'],
    ],
  };
  server.cameras = [aCamera()];
  server.on('GET', 'public/services', someServices);
  server.on('GET', 'public/nearby', () => ({ items: [] }));
  server.install();
});

describe('a phone call', () => {
  it('joins what is near, and its code is read out', async () => {
    server.on('GET', 'public/nearby', () => ({
      items: [
        {
          incident: 'i-9',
          service: 'rac-thai',
          name: 'Rác thải',
          stage: 'checking',
          distance_m: 12,
          since: '2026-11-22T06:00:00Z',
          reporters: 2,
          seen_by_camera: false,
        },
      ],
    }));
    server.on('POST', 'reports', () => ({
      number: 7,
      code: '7K2Q-M9XF-4TBD-0WER',
      joined_others: true,
      notice: null,
      id: 'r-1',
      incident: 'i-9',
    }));
    const user = open('/entry');
    await screen.findByRole('option', { name: 'Rác thải' });
    await user.selectOptions(screen.getByLabelText('Loại phản ánh'), 'Rác thải');
    await user.type(screen.getByLabelText('Nội dung'), 'Rác đổ đầy hẻm');
    await user.type(screen.getByLabelText('Tọa độ (nếu biết)'), '16.46312, 107.59001');
    await user.click(await screen.findByRole('checkbox', { name: /Rác thải/ }));
    await user.type(screen.getByLabelText('Số điện thoại'), '0905123456');
    await user.click(screen.getByRole('button', { name: 'Ghi nhận vào sự cố đã chọn' }));
    expect(await screen.findByText('7K2Q-M9XF-4TBD-0WER')).toBeTruthy();
    expect(server.changes.at(-1)).toMatchObject({
      path: 'reports',
      csrf: aSession.csrf_token,
      body: {
        channel: 'phone',
        service: 'rac-thai',
        description: 'Rác đổ đầy hẻm',
        lat: 16.46312,
        lon: 107.59001,
        same_as: 'i-9',
        contact: { phone: '0905123456' },
      },
    });
    const link = screen.getByRole('link', { name: 'Mở sự cố' });
    expect(link.getAttribute('href')).toBe('/incidents/i-9?filter=all');
  });

  it('that will not do stands at the field that is wrong', async () => {
    server.on('POST', 'reports', () =>
      problem(422, 'invalid_fields', 'Một số trường không hợp lệ.', {
        fields: [
          {
            field: 'contact.phone',
            problem: 'not_a_phone',
            message: 'Đây không phải là số điện thoại.',
          },
          { field: 'lat', problem: 'missing', message: 'Trường này là bắt buộc.' },
        ],
      }),
    );
    const user = open('/entry');
    await user.click(await screen.findByRole('button', { name: 'Ghi nhận phản ánh' }));
    expect(await screen.findByText('Đây không phải là số điện thoại.')).toBeTruthy();
    expect(screen.getByText('Hãy dùng vị trí của bạn hoặc ghi địa chỉ.')).toBeTruthy();
    expect(document.activeElement?.getAttribute('aria-invalid')).toBe('true');
  });

  it('is not for whoever may not enter reports', async () => {
    server.session = aSession;
    open('/entry');
    expect(await screen.findByText(/không có quyền xem trang này/)).toBeTruthy();
  });
});

describe("citizens' reports of an incident", () => {
  beforeEach(() => {
    server.incidents = [aDetail({ id: 'i-1', number: 41, citizen_reports: [aReport()] })];
  });

  it('show the contact for a purpose alone', async () => {
    server.on('POST', 'reports/r-1/contact', () => ({ name: 'Lan', phone: '+84905123456' }));
    const user = open('/incidents/i-1');
    const panel = within(await screen.findByRole('region', { name: /Người dân phản ánh/ }));
    expect(panel.getByText(/N-4821 \(bí danh\)/)).toBeTruthy();
    expect(panel.queryByText(/905123456/)).toBeNull();
    await user.click(panel.getByRole('button', { name: 'Xem liên hệ' }));
    const look = panel.getByRole('button', { name: 'Xem' });
    expect(look.hasAttribute('disabled')).toBe(true);
    await user.selectOptions(panel.getByLabelText(/Để làm gì/), 'xem xét sự cố');
    await user.click(look);
    expect(await panel.findByRole('link', { name: '+84905123456' })).toBeTruthy();
    expect(server.changes.at(-1)?.body).toEqual({ purpose: 'review' });
  });

  it('are on the stage where no camera has seen it', async () => {
    server.incidents = [
      aDetail({ id: 'i-1', number: 41, event_count: 0, events: [], citizen_reports: [aReport()] }),
    ];
    open('/incidents/i-1');
    const stage = within(await screen.findByRole('region', { name: 'Bằng chứng' }));
    const picture = stage.getByRole('img', { name: 'Hình của phản ánh số 12' });
    expect(picture.getAttribute('src')).toBe('/api/v1/reports/r-1/files/f-1?purpose=review');
    expect(screen.queryByText('Độ tin cậy')).toBeNull();
  });

  it('come masked for whoever may not unmask, without a contact', async () => {
    server.session = { ...aSession, role: 'agency_handler' };
    open('/incidents/i-1');
    const panel = within(await screen.findByRole('region', { name: /Người dân phản ánh/ }));
    const picture = panel.getByRole('img');
    expect(picture.getAttribute('src')).toBe('/api/v1/reports/r-1/files/f-1');
    // The masked copy is not made yet.
    fireEvent.error(picture);
    expect(panel.getByText(/bản che chưa có/)).toBeTruthy();
    expect(panel.queryByRole('button', { name: 'Xem liên hệ' })).toBeNull();
  });
});

describe('the policy', () => {
  const policy = {
    time_zone: 'Asia/Ho_Chi_Minh',
    urgent_from: 'critical',
    desk: {},
    calendar: {},
    limits: [],
    call_trees: [],
    units: [
      { id: 'a', name: 'Đội A' },
      { id: 'b', name: 'Đội B' },
    ],
    rules: [
      { name: 'rác', when: { category: ['environment'] }, lead: 'a' },
      { name: 'còn lại', lead: 'b' },
    ],
  };

  beforeEach(() => {
    server.on('GET', 'setup/policy', () => ({ version: 3, policy }));
  });

  it('is moved in its table, tried on the past, and set on the version that was seen', async () => {
    server.on('POST', 'setup/policy/rehearsals', () => ({
      looked_at: 12,
      taken: { 'còn lại': 12, rác: 0 },
      common_tray: 0,
      moved: [{ id: 'i-5', number: 5, now: 'a', then: 'b' }],
      broken: {},
    }));
    server.on('PUT', 'setup/policy', () => ({
      policy_version: 3,
      areas_version: 0,
      unknown_areas: ['a-99'],
    }));
    const user = open('/policy');
    await user.click(await screen.findByRole('button', { name: 'Đưa quy tắc còn lại lên' }));
    await user.click(screen.getByRole('button', { name: 'Thử' }));
    expect(await screen.findByText('1 sự cố sẽ đi nơi khác.')).toBeTruthy();
    expect(screen.getByText(/Đội A → Đội B/)).toBeTruthy();
    await user.type(screen.getByLabelText('Lý do thay đổi'), 'thử');
    await user.click(screen.getByRole('button', { name: 'Lưu, có hiệu lực ngay' }));
    expect(await screen.findByText(/bị bỏ qua: a-99/)).toBeTruthy();
    const sent = server.changes.at(-1)?.body as { version: number; policy: typeof policy };
    expect(sent.version).toBe(3);
    expect(sent.policy.rules.map((rule) => rule.name)).toEqual(['còn lại', 'rác']);
    expect(sent.policy.units).toEqual(policy.units);
  });

  it("shows the server's own words where a key is wrong", async () => {
    server.on('PUT', 'setup/policy', () =>
      problem(400, 'invalid_request', 'Yêu cầu không hợp lệ.', {
        detail: 'rules[0] (còn lại): unit x does not exist',
      }),
    );
    const user = open('/policy');
    await user.click(await screen.findByRole('button', { name: 'Đưa quy tắc còn lại lên' }));
    await user.click(screen.getByRole('button', { name: 'Lưu, có hiệu lực ngay' }));
    expect(await screen.findByText(/rules\[0\] \(còn lại\)/)).toBeTruthy();
  });

  it('is read, not set, by whoever may not', async () => {
    server.session = aSession;
    open('/policy');
    expect(await screen.findByText(/chỉ quản trị được đổi/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Lưu, có hiệu lực ngay' })).toBeNull();
    expect(await screen.findByRole('cell', { name: 'Đội A' })).toBeTruthy();
  });
});

describe('a camera', () => {
  const command = {
    id: 'c-1',
    agent: 'tram-1',
    by: 'lan',
    action: { type: 'snapshot', camera: 'cam-1' },
    state: 'sent',
    issued_at: '2026-11-22T07:00:00Z',
    expires_at: '2026-11-22T07:01:00Z',
    evidence: [],
  };
  const desired = { version: 4, cameras: { 'cam-2': { enabled: false } }, applied: null };

  beforeEach(() => {
    server.on('GET', 'agents/tram-1/commands', () => ({ items: [] }));
    server.on('GET', 'agents/tram-1/desired', () => desired);
  });

  it.each([
    ['standing', 'thung-lung', 'Đang nhìn: thung-lung'],
    ['turning', null, 'đang quay'],
    ['unknown', null, 'không rõ đang nhìn đâu'],
  ] as const)('that turns says where it looks: %s', async (pose_state, pose, shown) => {
    server.cameras = [aCamera({ pose_state, pose })];
    open('/cameras/tram-1/cam-1');
    expect((await screen.findByText(/tram-1 \/ cam-1/)).textContent).toContain(shown);
  });

  it('is asked for a clip, and what it answers is shown', async () => {
    server.on('POST', 'agents/tram-1/commands', () => {
      server.on('GET', 'agents/tram-1/commands', () => ({ items: [command] }));
      return command;
    });
    const user = open('/cameras/tram-1/cam-1');
    await user.click(await screen.findByRole('button', { name: 'Lấy đoạn phim' }));
    expect(server.changes.at(-1)?.body).toEqual({
      action: { type: 'clip', camera: 'cam-1', seconds: 30 },
    });
    expect(await screen.findByText('đã gửi, chờ trả lời')).toBeTruthy();
    server.on('GET', 'agents/tram-1/commands', () => ({
      items: [{ ...command, state: 'refused', reason: 'no_picture', message: 'no picture yet' }],
    }));
    server.tell('command', { agent: 'tram-1', id: 'c-1' });
    expect(await screen.findByText('trạm từ chối')).toBeTruthy();
    expect(screen.getByText('no picture yet')).toBeTruthy();
  });

  it("is told what is wanted of it, beside what is wanted of the agent's others", async () => {
    server.on('PUT', 'agents/tram-1/desired', () => ({
      version: 5,
      cameras: {},
      applied: { version: 5, refused: [{ key: 'x', reason: 'unknown' }], needs_restart: ['y'] },
    }));
    const user = open('/cameras/tram-1/cam-1');
    expect(await screen.findByText('Phiên bản 4')).toBeTruthy();
    const text = screen.getByLabelText(/Vùng, mặt nạ/);
    await user.clear(text);
    await user.type(text, '{{"enabled": fals');
    expect(
      screen.getByRole('button', { name: 'Lưu và gửi cho trạm' }).hasAttribute('disabled'),
    ).toBe(true);
    await user.type(text, 'e}');
    await user.click(screen.getByRole('button', { name: 'Lưu và gửi cho trạm' }));
    expect(server.changes.at(-1)?.body).toEqual({
      version: 4,
      cameras: { 'cam-1': { enabled: false }, 'cam-2': { enabled: false } },
    });
    expect(await screen.findByText(/Trạm đã áp dụng phiên bản 5/)).toBeTruthy();
    expect(screen.getByText(/sau khi trạm khởi động lại: y/)).toBeTruthy();
  });
});

describe('people', () => {
  const lan = {
    username: 'lan',
    display_name: 'Lan',
    role: 'administrator',
    unit: null,
    scope: { areas: [], kinds: [] },
    disabled: false,
  };

  it('are added, with the unit that their role needs, and nobody changes oneself', async () => {
    server.session = {
      ...aSession,
      role: 'administrator',
      rights: ['see_accounts', 'manage_accounts', 'read_access_log'],
    };
    server.units = [{ id: 'doi', name: 'Đội trật tự' }];
    server.on('GET', 'accounts', () => ({
      items: [lan, { ...lan, username: 'minh', display_name: 'Minh' }],
    }));
    server.on('GET', 'access-log', () => ({
      items: [
        {
          seq: 9,
          at: '2026-11-22T07:00:00Z',
          actor: 'minh',
          act: 'contact_seen',
          subject: 'report/r-1',
          purpose: 'review',
          note: null,
          key: null,
          hash: 'a'.repeat(64),
        },
      ],
      next_before: null,
      broken_at: 9,
    }));
    server.on('POST', 'accounts', () => lan);
    const user = open('/people');
    const own = within(await screen.findByRole('row', { name: /^Lan/ }));
    expect(own.getByText('tài khoản của bạn')).toBeTruthy();
    expect(own.queryByRole('button')).toBeNull();
    expect(await screen.findByText('Xem liên hệ người phản ánh')).toBeTruthy();
    expect(screen.getByText(/đã bị sửa từ dòng 9/)).toBeTruthy();
    await user.click(screen.getByText('Thêm tài khoản…'));
    const form = within(screen.getByRole('form', { name: 'Thêm tài khoản…' }));
    await user.type(form.getByLabelText('Tên đăng nhập'), 'can-bo');
    await user.selectOptions(form.getByLabelText('Vai trò'), 'Cán bộ xử lý');
    await form.findByRole('option', { name: 'Đội trật tự' });
    await user.selectOptions(form.getByLabelText('Đơn vị'), 'Đội trật tự');
    await user.type(form.getByLabelText('Mật khẩu'), 'mat-khau-dai');
    await user.click(form.getByRole('button', { name: 'Thêm tài khoản' }));
    expect(server.changes.at(-1)?.body).toEqual({
      username: 'can-bo',
      display_name: null,
      role: 'agency_handler',
      unit: 'doi',
      scope: { areas: [], kinds: [] },
      password: 'mat-khau-dai',
    });
  });
});
