// The server's limits of files, asked before anything is sent over a weak link: pure.
import type { ServiceList } from '../../api/portal';

/** Why a file will not do: there are enough, or it is a film or a picture that is too large. */
export type FileRefusal = 'too_many' | 'film' | 'picture';

type Limits = Pick<ServiceList, 'max_files' | 'max_picture_bytes' | 'max_video_bytes'>;

/** Why `file` will not do beside `present` others; null where it will. */
export function refusalOf(
  file: Pick<File, 'size' | 'type'>,
  present: number,
  limits: Limits,
): FileRefusal | null {
  if (present >= limits.max_files) return 'too_many';
  const isFilm = file.type.startsWith('video/');
  const most = isFilm ? limits.max_video_bytes : limits.max_picture_bytes;
  if (file.size <= most) return null;
  return isFilm ? 'film' : 'picture';
}
