// The portal as a citizen uses it, against a server in memory.
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Followed } from '../../api/portal';
import { someServices } from '../../test/samples';
import { problem, TestServer } from '../../test/server';
import { Portal } from './Portal';

const CODE = '7K2Q-M9XF-4TBD-0WER';
let server: TestServer;

const followed = (over: Partial<Followed> = {}): Followed => ({
  number: 7,
  service: 'Rác thải',
  stage: 'working',
  description: 'Rác đổ đầy hẻm',
  address: '12 Lê Lợi',
  lat: null,
  lon: null,
  occurred: '2026-11-22T07:00:00Z',
  received: '2026-11-22T07:00:00Z',
  expected: '2026-11-25T07:00:00Z',
  reporters: 3,
  history: [{ at: '2026-11-22T07:00:00Z', stage: 'received', text: null }],
  files: [],
  rating: null,
  may_rate: false,
  erased: false,
  ...over,
});

beforeEach(() => {
  server = new TestServer();
  server.session = null;
  server.on('GET', 'public/services', someServices);
  server.on('GET', 'public/nearby', () => ({ items: [] }));
  server.install();
  window.scrollTo = vi.fn();
  URL.createObjectURL = () => 'blob:picture';
  URL.revokeObjectURL = () => undefined;
  window.history.replaceState(null, '', '/portal');
});

describe('reporting', () => {
  it('asks the questions of the kind, names every field at fault, and tells the code once', async () => {
    let tries = 0;
    server.on('POST', 'public/reports', () => {
      tries += 1;
      return tries === 1
        ? problem(422, 'invalid_fields', 'Một số trường không hợp lệ.', {
            fields: [
              {
                field: 'attributes.blocks',
                problem: 'missing',
                message: 'Trường này là bắt buộc.',
              },
              { field: 'lat', problem: 'missing', message: 'Trường này là bắt buộc.' },
            ],
          })
        : { number: 7, code: CODE, joined_others: false, notice: 'Sẽ xử lý trong 3 ngày.' };
    });
    const user = userEvent.setup();
    render(<Portal />);
    await screen.findByRole('option', { name: 'Cây đổ' });
    await user.selectOptions(screen.getByLabelText('Loại phản ánh'), 'Cây đổ');
    const send = screen.getByRole('button', { name: 'Gửi phản ánh', current: false });
    await user.click(send);
    expect(await screen.findByText(/chưa gửi được/)).toBeTruthy();
    expect(screen.getByText('Hãy dùng vị trí của bạn hoặc ghi địa chỉ.')).toBeTruthy();
    await user.click(screen.getByRole('radio', { name: 'Có' }));
    await user.type(screen.getByLabelText(/Địa chỉ/), '12 Lê Lợi');
    await user.type(screen.getByLabelText('Nội dung'), 'Cây đổ chắn đường');
    await user.click(send);
    expect(await screen.findByText(CODE)).toBeTruthy();
    expect(screen.getByText('Sẽ xử lý trong 3 ngày.')).toBeTruthy();
    expect(server.changes.at(-1)?.body).toMatchObject({
      service: 'cay-do',
      address: '12 Lê Lợi',
      attributes: { blocks: ['yes'] },
      same_as: null,
    });
  });

  it('takes no more files than the server, and takes them off again', async () => {
    const user = userEvent.setup();
    render(<Portal />);
    await screen.findByRole('option', { name: 'Rác thải' });
    const picker = await screen.findByLabelText(/Thêm ảnh hoặc video \(tối đa 2 tệp\)/);
    const files = ['1', '2', '3'].map(
      (name) => new File(['x'], `${name}.jpg`, { type: 'image/jpeg' }),
    );
    await user.upload(picker, files);
    const shown = within(screen.getByRole('list', { name: 'Tệp sẽ gửi' }));
    expect(shown.getAllByRole('img').map((img) => img.getAttribute('alt'))).toEqual([
      '1.jpg',
      '2.jpg',
    ]);
    expect(screen.getByText('Chỉ gửi được 2 tệp.')).toBeTruthy();
    await user.click(shown.getByRole('button', { name: 'Bỏ tệp 1.jpg' }));
    expect(shown.getAllByRole('img')).toHaveLength(1);
  });
});

describe('following', () => {
  it('shows the way, the answer, and takes a rating and a reopening', async () => {
    server.on('GET', `public/reports/${CODE}`, () =>
      followed({
        stage: 'done',
        may_rate: true,
        history: [
          { at: '2026-11-22T07:00:00Z', stage: 'received', text: null },
          { at: '2026-11-23T07:00:00Z', stage: 'done', text: 'Đã dọn sạch hẻm.' },
        ],
      }),
    );
    server.on('POST', `public/reports/${CODE}/rating`, () =>
      followed({ stage: 'done', may_rate: true, rating: 'dissatisfied' }),
    );
    server.on('POST', `public/reports/${CODE}/reopen`, () => followed({ stage: 'reopened' }));
    window.history.replaceState(null, '', `/portal#${CODE}`);
    const user = userEvent.setup();
    render(<Portal />);
    expect(await screen.findByText('Đã dọn sạch hẻm.')).toBeTruthy();
    const way = within(screen.getByRole('list', { name: 'Các bước' }));
    expect(way.getByText('Đã xử lý').closest('li')?.getAttribute('aria-current')).toBe('step');
    await user.click(screen.getByRole('button', { name: /Không hài lòng/ }));
    expect(await screen.findByText(/đã ghi đánh giá/)).toBeTruthy();
    await user.click(screen.getByText('Chưa xong? Yêu cầu xem lại'));
    await user.type(screen.getByLabelText('Còn gì chưa được'), 'Rác vẫn còn');
    await user.click(screen.getByRole('button', { name: 'Mở lại phản ánh' }));
    expect(server.changes.at(-1)?.body).toEqual({ reason: 'not_fixed', note: 'Rác vẫn còn' });
    expect(await way.findByText('Đã mở lại')).toBeTruthy();
  });

  it('says plainly that a code is unknown', async () => {
    server.on('GET', 'public/reports/XXXX', () => problem(404, 'not_found', 'Không tìm thấy.'));
    const user = userEvent.setup();
    render(<Portal />);
    await user.click(screen.getByRole('button', { name: 'Theo dõi phản ánh' }));
    await user.type(screen.getByLabelText('Mã theo dõi'), 'XXXX{Enter}');
    expect(await screen.findByText('Không có phản ánh nào mang mã này.')).toBeTruthy();
    expect(window.location.hash).toBe('#XXXX');
  });
});
