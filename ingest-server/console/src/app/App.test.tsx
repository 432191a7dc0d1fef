// The console as an operator uses it, against a server in memory.
import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { open } from '../test/open';
import { aCamera, aDetail } from '../test/samples';
import { aSession, TestServer } from '../test/server';

// jsdom has no WebGL; what the map shows is tested by its own pure parts.
vi.mock('../features/map/IncidentMap', () => ({ default: () => null }));

let server: TestServer;

beforeEach(() => {
  server = new TestServer();
  server.cameras = [aCamera()];
  server.incidents = [
    aDetail({ id: 'i-2', number: 42, detail: 'illegal_parking', kind: 'traffic_violation' }),
    aDetail({ id: 'i-1', number: 41 }),
  ];
  server.install();
});

const rows = async () => within(await screen.findByRole('list', { name: 'Danh sách sự cố' }));
const titles = async () =>
  (await rows()).getAllByRole('link').map((row) => row.getAttribute('href'));

describe('logging in', () => {
  it('says why it failed and lets in whoever has the password', async () => {
    server.session = null;
    const user = open();
    await user.type(await screen.findByLabelText('Tên đăng nhập'), 'lan');
    await user.type(screen.getByLabelText('Mật khẩu'), 'sai');
    await user.click(screen.getByRole('button', { name: 'Đăng nhập' }));
    expect(await screen.findByText('Sai mật khẩu.')).toBeTruthy();
    await user.clear(screen.getByLabelText('Mật khẩu'));
    await user.type(screen.getByLabelText('Mật khẩu'), 'đúng{Enter}');
    expect(await titles()).toEqual(['/incidents/i-2', '/incidents/i-1']);
  });

  it('comes back to the same incident after the session expired', async () => {
    const user = open('/incidents/i-1?filter=all');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    server.session = null;
    await user.keyboard('c');
    expect(await screen.findByText(/Phiên làm việc đã hết hạn/)).toBeTruthy();
    await user.type(screen.getByLabelText('Mật khẩu'), 'đúng{Enter}');
    expect(await screen.findByRole('article', { name: 'Sự cố số 41' })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Tất cả', pressed: true })).toBeTruthy();
  });

  it('logs out', async () => {
    const user = open();
    await user.click(await screen.findByRole('button', { name: 'Đăng xuất' }));
    expect(await screen.findByRole('button', { name: 'Đăng nhập' })).toBeTruthy();
  });
});

describe('the live queue', () => {
  const arrive = (id: string, number: number) => {
    server.incidents.unshift(aDetail({ id, number }));
    server.tell('incident', { id, version: 1 });
  };

  it('shows a new incident by itself while nobody is at work', async () => {
    open();
    await rows();
    arrive('i-3', 43);
    await waitFor(async () => {
      expect(await titles()).toEqual(['/incidents/i-3', '/incidents/i-2', '/incidents/i-1']);
    });
  });

  it('holds it back while an incident is open, and says so', async () => {
    const user = open('/incidents/i-1');
    await rows();
    arrive('i-3', 43);
    expect(await screen.findByText('1 sự cố mới')).toBeTruthy();
    expect(await titles()).toEqual(['/incidents/i-2', '/incidents/i-1']);
    await user.keyboard('n');
    expect(await titles()).toEqual(['/incidents/i-3', '/incidents/i-2', '/incidents/i-1']);
    expect(screen.queryByText('1 sự cố mới')).toBeNull();
  });

  it('tells that the live connection is lost', async () => {
    open();
    expect(await screen.findByText(/Đang nhận trực tiếp/)).toBeTruthy();
    server.hangUp();
    expect(await screen.findByText(/Mất kết nối trực tiếp từ/)).toBeTruthy();
  });

  it('tells of a camera that went blind', async () => {
    open();
    expect(await screen.findByText(/Camera có hình: 1\/1/)).toBeTruthy();
    server.cameras = [aCamera({ state: 'retrying', reason: 'unreachable' })];
    server.tell('camera', { agent: 'tram-1', camera: 'cam-1' });
    expect(await screen.findByText(/Camera không có hình: 1\/1/)).toBeTruthy();
  });
});

describe('deciding', () => {
  it('walks with J and K and confirms with C, on the version that was seen', async () => {
    const user = open();
    await rows();
    await user.keyboard('j');
    await screen.findByRole('article', { name: 'Sự cố số 42' });
    await user.keyboard('j');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    await user.keyboard('c');
    expect(await screen.findByText(/Đã xác nhận\. Nhấn J/)).toBeTruthy();
    expect(server.changes).toEqual([
      { method: 'POST', path: 'i-1/confirm', csrf: aSession.csrf_token, body: { version: 3 } },
    ]);
    // The handled row stays where it was until the list is refreshed.
    expect(await titles()).toEqual(['/incidents/i-2', '/incidents/i-1']);
    await user.keyboard('k');
    await screen.findByRole('article', { name: 'Sự cố số 42' });
    await user.keyboard('n');
    expect(await titles()).toEqual(['/incidents/i-2']);
  });

  it('rejects with F, a digit and Enter', async () => {
    const user = open('/incidents/i-1');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    await user.keyboard('f');
    await user.keyboard('{Enter}');
    expect(await screen.findByText('Hãy chọn một lý do.')).toBeTruthy();
    await user.keyboard('2{Enter}');
    expect(await screen.findByText(/Đã loại\. Nhấn J/)).toBeTruthy();
    expect(server.changes.map((change) => change.body)).toEqual([
      { version: 3, reason: 'not_eligible' },
    ]);
  });

  it('sends no verb while a reason is being chosen or a note is typed', async () => {
    const user = open('/incidents/i-1');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    await user.keyboard('f');
    await user.keyboard('c');
    await user.type(screen.getByLabelText('Ghi chú (không bắt buộc)'), 'ca 3');
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('radio')).toBeNull();
    expect(server.changes).toEqual([]);
  });

  it('says that somebody else was quicker and shows what they did', async () => {
    const user = open('/incidents/i-1');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    const incident = server.incidents.find((each) => each.id === 'i-1');
    Object.assign(incident ?? {}, { version: 9, state: 'acknowledged' });
    await user.keyboard('c');
    expect(await screen.findByText(/Người khác vừa đổi\. Đã tải lại sự cố/)).toBeTruthy();
    const article = within(screen.getByRole('article', { name: 'Sự cố số 41' }));
    expect(await article.findByText(/Đã nhận/)).toBeTruthy();
  });
});

describe('evidence', () => {
  it('plays the clip, and V shows the stills', async () => {
    const user = open('/incidents/i-1');
    const clip = await screen.findByLabelText('Đoạn phim của sự cố số 41');
    expect(clip.getAttribute('src')).toBe('/api/v1/incidents/i-1/evidence/e-clip');
    await user.keyboard('v');
    const boxes = screen.getByAltText('Ảnh có khung nhận diện của sự cố số 41');
    expect(boxes.getAttribute('src')).toBe('/api/v1/incidents/i-1/evidence/e-overlay');
    await user.keyboard('v');
    expect(screen.getByAltText('Ảnh gốc của sự cố số 41')).toBeTruthy();
  });

  it('says in words why there is no clip', async () => {
    const incident = server.incidents[0];
    for (const entry of incident?.evidence ?? []) {
      Object.assign(entry, { state: 'unavailable', reason: 'camera_lost' });
    }
    open('/incidents/i-2');
    expect(await screen.findByText(/camera mất kết nối trước khi ghi xong/)).toBeTruthy();
  });

  it('does not change the picture when the clip arrives, but says so', async () => {
    const incident = server.incidents[0];
    const clip = incident?.evidence.find((entry) => entry.kind === 'clip');
    Object.assign(clip ?? {}, { state: 'pending' });
    open('/incidents/i-2');
    await screen.findByAltText('Ảnh có khung nhận diện của sự cố số 42');
    Object.assign(clip ?? {}, { state: 'stored' });
    server.tell('incident', { id: 'i-2', version: 3 });
    expect(await screen.findByText(/Đoạn phim đã về/)).toBeTruthy();
    expect(screen.getByAltText('Ảnh có khung nhận diện của sự cố số 42')).toBeTruthy();
  });
});

describe('copies', () => {
  const clipOf = () => server.incidents[0]?.evidence.find((entry) => entry.kind === 'clip');

  it('play where the browser cannot play the original, and say what they are', async () => {
    const url = '/api/v1/incidents/i-2/evidence/e-clip?copy=viewing';
    const viewing = { state: 'made', derived_from: 'b'.repeat(64), url } as const;
    Object.assign(clipOf() ?? {}, { viewing });
    open('/incidents/i-2');
    const clip = await screen.findByLabelText('Đoạn phim của sự cố số 42');
    expect(clip.getAttribute('src')).toBe(url);
    expect(screen.getByText(/bản xem, chuyển mã từ bản gốc có mã băm bbbbbbbbbbbb/)).toBeTruthy();
    const original = screen.getByRole('link', { name: 'Tải bản gốc' });
    expect(original.getAttribute('href')).toBe('/api/v1/incidents/i-2/evidence/e-clip');
  });

  it('are asked for beside the custody log, which is read when it is opened', async () => {
    server.custody = {
      entries: [
        {
          seq: 1,
          at: '2026-11-22T07:00:02Z',
          actor: 'agent/tram-1',
          act: 'received',
          copy: null,
          detail: {},
          hash: 'c'.repeat(64),
        },
        {
          seq: 2,
          at: '2026-11-22T07:00:03Z',
          actor: 'server/copies',
          act: 'derived',
          copy: 'viewing',
          detail: { derived_from: 'b'.repeat(64), method: 'h264_720p' },
          hash: 'd'.repeat(64),
        },
      ],
      broken_at: 2,
    };
    const user = open('/incidents/i-2');
    await user.click(await screen.findByText('Nhật ký lưu giữ và bản che danh tính'));
    expect(await screen.findByText(/Nhận đủ tệp/)).toBeTruthy();
    expect(screen.getByText(/trạm tram-1/)).toBeTruthy();
    expect(screen.getByText(/Tạo bản sao · bản xem/)).toBeTruthy();
    expect(screen.getByText(new RegExp(`từ bản gốc SHA-256 ${'b'.repeat(64)}`))).toBeTruthy();
    expect(screen.getByText(/Nhật ký đã bị sửa từ dòng 2/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Tạo bản che mặt và biển số' }));
    expect(await screen.findByText(/đang chờ tạo/)).toBeTruthy();
  });
});

describe('languages', () => {
  it('change on the spot', async () => {
    const user = open('/incidents/i-1');
    await screen.findByRole('article', { name: 'Sự cố số 41' });
    await user.click(screen.getByRole('button', { name: 'English' }));
    expect(screen.getByRole('article', { name: 'Incident number 41' })).toBeTruthy();
    expect(screen.getByRole('heading', { name: 'Stray cattle on the road' })).toBeTruthy();
  });
});
