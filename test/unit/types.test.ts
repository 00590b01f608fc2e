import { expect, it } from '@jest/globals';
import {
  changes,
  ServiceError,
  type ChangeEvent,
  type Changes,
  type ChangesOptions,
  type EventOf,
  type WatermarkEvent,
} from '../../src/index.ts';

// Never run: what it says is checked by tsc.
export const narrowed = (event: ChangeEvent): unknown => {
  if (event.change_key === 'images') return (event satisfies EventOf<'images'>).after?.file_path;
  if (event.change_key === 'videos') return (event satisfies EventOf<'videos'>).after?.site;
  if (event.change_key === 'title') return event.after satisfies string | null;
  if (event.change_key === 'plot_keywords') {
    // @ts-expect-error a keyword has no file
    return event.after?.file_path;
  }
  // @ts-expect-error an image is none of what is left
  return event satisfies EventOf<'images'>;
};
const where = { brokers: 'localhost:9092', registry: 'http://localhost:8081' };
const some: ChangesOptions = where;
export const typed = () => [
  changes({ ...where, keys: ['images', 'videos'] }) satisfies Changes<EventOf<'images' | 'videos'>>,
  // @ts-expect-error videos are in it too
  changes({ ...where, keys: ['images', 'videos'] }) satisfies Changes<EventOf<'images'>>,
  changes(where) satisfies Changes<ChangeEvent>,
  changes({ ...where, keys: ['images'], watermarks: true }) satisfies Changes<EventOf<'images'> | WatermarkEvent>,
  // @ts-expect-error watermarks are in it too
  changes({ ...where, keys: ['images'], watermarks: true }) satisfies Changes<EventOf<'images'>>,
  changes({ ...where, keys: ['images'], watermarks: false }) satisfies Changes<EventOf<'images'>>,
  changes(some) satisfies Changes<ChangeEvent>,
  // @ts-expect-error there is no such key
  changes({ ...where, keys: ['imagez'] }),
];

it('options that cannot be used are told at once, by a ServiceError', () =>
  expect(() => changes({ ...where, keys: ['imagez' as never] })).toThrow(ServiceError));

it('a stream that was not begun ends without a connection', async () => {
  const position = { 'tmdb.movie.images/0': '42' };
  const stream = changes({ brokers: '127.0.0.1:1', registry: 'http://127.0.0.1:1', from: position });
  expect([stream.position(), stream.skipped()]).toEqual([position, 0]);
  await stream.return?.();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

it('a signal ends it while the brokers are away', async () => {
  const stop = new AbortController();
  const stream = changes({ brokers: '127.0.0.1:1', registry: 'http://127.0.0.1:1', signal: stop.signal });
  const next = stream.next();
  setTimeout(() => stop.abort(), 100);
  expect(await next).toEqual({ done: true, value: undefined });
});
