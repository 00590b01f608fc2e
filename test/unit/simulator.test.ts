import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, readAnswer } from '../../src/core/parse.ts';
import { dayOf } from '../../src/core/time.ts';
import { map } from '../../src/core/map.ts';
import { editOf, exampleOf } from '../../src/simulator/edits.ts';
import { makeRandom } from '../../src/simulator/world.ts';

import { wideWindow } from '../support/items.ts';
import { eventually } from '../support/cli.ts';
import { linesOf, requestsOf } from '../support/load.ts';
import { startTmdb } from '../support/stage.ts';

let tmdb: Awaited<ReturnType<typeof startTmdb>>;
beforeAll(async () => {
  tmdb = await startTmdb([550]);
});
afterAll(() => tmdb.close());

const get = async (path: string, headers: Record<string, string> = { authorization: 'Bearer x' }) => {
  const answer = await fetch(`${tmdb.url}${path}`, { headers });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { changes?: unknown[]; status_code?: number },
  };
};
const today = dayOf(Date.now());
const tomorrow = dayOf(Date.now() + 86_400_000);
const yesterday = dayOf(Date.now() - 86_400_000);

describe("TMDB's rules", () => {
  it('the documented example has its make-up, and is the same for the same seed', async () => {
    const example = exampleOf(550, 1_700_000_000_000, makeRandom(7));
    expect(
      Object.fromEntries([...Map.groupBy(example, ({ key }) => key)].map(([key, all]) => [key, all.length])),
    ).toEqual({ images: 11, plot_keywords: 1, videos: 2 });
    expect(exampleOf(550, 1_700_000_000_000, makeRandom(7))).toEqual(example);
    const { body } = await get(`/movie/550/changes?start_date=${yesterday}&end_date=${tomorrow}`);
    expect(parse(readAnswer(JSON.stringify(body), wideWindow).groups, wideWindow).outputs).toHaveLength(14);
  });

  it.each([
    ['a malformed date', '/movie/550/changes?start_date=2026-8-5', 400, 23],
    ['a day that does not exist', '/movie/550/changes?start_date=2026-02-30', 400, 23],
    ['more than 14 days', '/movie/550/changes?start_date=2026-01-01&end_date=2026-01-16', 422, 20],
    ['id 0', '/movie/0/changes', 404, 34],
    ['a negative id', '/movie/-5/changes', 404, 34],
    ['another path', '/movie/550', 404, 34],
  ])('%s is refused', async (_, path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { success: false, status_code: code } });
  });

  it.each([
    ['an id that no movie has', `/movie/2147483647/changes?start_date=${today}&end_date=${tomorrow}`],
    ['the same day twice', `/movie/550/changes?start_date=${today}&end_date=${today}`],
    ['an end before the start', `/movie/550/changes?start_date=${tomorrow}&end_date=${yesterday}`],
    ['14 days of long ago', '/movie/550/changes?start_date=2015-01-01&end_date=2015-01-15'],
  ])('%s is answered with nothing', async (_, path) => {
    expect(await get(path)).toMatchObject({ status: 200, body: { changes: [] } });
  });

  it('no token is no key', async () =>
    expect(await get('/movie/550/changes', {})).toMatchObject({ status: 401, body: { status_code: 7 } }));

  it('no dates mean from yesterday on, and an empty one is an absent one', async () => {
    for (const path of [
      '/movie/550/changes',
      '/movie/550/changes?start_date=&end_date=',
      `/movie/550/changes?start_date=${yesterday}&end_date=${tomorrow}&page=7&language=fr`,
    ]) {
      expect((await get(path)).body.changes).toHaveLength(3);
    }
  });

  it('more than 40 requests in a second are over the limit', async () => {
    const answers: Awaited<ReturnType<typeof get>>[] = [];
    for (let at = 0; at < 50; at += 1) answers.push(await get('/movie/1/changes'));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { status_code: 25 } });
    expect(refused[0]?.headers.get('retry-after')).toBeNull();
  });
});

describe('beside them', () => {
  it('edits are in the shapes that TMDB is known to send: of every key, and none keeps its raw', () => {
    const random = makeRandom(3);
    const edits = Array.from({ length: 2000 }, () => editOf(550, 1_700_000_000_000, random));
    const events = edits.flatMap(({ key, item }) =>
      parse([{ key, items: [item] }], wideWindow).outputs.map((output) => map(550, output, 0)),
    );
    expect(events.filter(({ topic, value }) => topic === 'other' || value.raw !== null)).toEqual([]);
    expect(new Set(events.map(({ topic }) => topic)).size).toBe(27);
  });

  it('the oracle tells what can be seen, and edits can be made up', async () => {
    await tmdb.add(7, 'title', { any: 'thing' });
    expect((await tmdb.oracle()).filter(({ movieId }) => movieId === 7)).toMatchObject([
      { key: 'title', item: { any: 'thing' } },
    ]);
  });

  it('an item that is forgotten is shown no longer, and those of others are', async () => {
    await tmdb.add(8, 'title', { id: 'a' });
    await tmdb.add(8, 'title', { id: 'b' });
    await tmdb.add(18, 'title', { id: 'a' });
    await tmdb.forget(8, 'a');
    const left = (await tmdb.oracle()).filter(({ movieId }) => movieId % 10 === 8);
    expect(left.map(({ movieId, item }) => [movieId, item])).toEqual([
      [8, { id: 'b' }],
      [18, { id: 'a' }],
    ]);
    const shown = async () =>
      expect((await get('/movie/8/changes')).body).toEqual({ changes: [{ key: 'title', items: [{ id: 'b' }] }] });
    await eventually(shown); // the tests before may have spent the second
  });

  it('a fault comes as often as it was asked for', async () => {
    await tmdb.fault({ times: 2, movieId: 9, status: 503, body: '{}' });
    const statuses = [await get('/movie/9/changes'), await get('/movie/9/changes'), await get('/movie/9/changes')].map(
      ({ status }) => status,
    );
    expect(statuses.slice(0, 2)).toEqual([503, 503]);
    expect(statuses[2]).not.toBe(503);
  });

  it('requests tell when they began and ended, of which movie they were, and how many a second has seen', async () => {
    await tmdb.fault({ movieId: 3, delayMs: 60, status: 503 });
    const before = Date.now();
    await Promise.all([get('/movie/3/changes'), get('/movie/4/changes')]);
    const [three, four] = (await requestsOf(tmdb)).slice(-2).sort((a, b) => Number(a.movieId) - Number(b.movieId));
    expect([three, four]).toMatchObject([{ movieId: 3, status: 503 }, { movieId: 4 }]);
    expect(three?.startedAt).toBeGreaterThanOrEqual(before);
    expect((three?.endedAt ?? 0) - (three?.startedAt ?? 0)).toBeGreaterThanOrEqual(59);
    expect((three?.inLastSecond ?? 0) + (four?.inLastSecond ?? 0)).toBeGreaterThanOrEqual(3);
  });

  it('what is left of the faults is told', async () => {
    await tmdb.fault({ movieId: 5, times: 2, status: 503 });
    await get('/movie/5/changes');
    expect(await linesOf(tmdb, '/faults')).toMatchObject([{ left: 1, fault: { movieId: 5 } }]);
    await get('/movie/5/changes');
    expect(await linesOf(tmdb, '/faults')).toEqual([]);
  });

  it('an answer can be broken off, or come byte by byte', async () => {
    for (const stall of ['cut', 'reset']) {
      await tmdb.fault({ movieId: 6, stall, body: '{"changes":[]}' });
      await expect(get('/movie/6/changes')).rejects.toThrow();
    }
    await tmdb.fault({ movieId: 6, slowMs: 300, body: '{"changes":[]}' });
    const before = performance.now();
    expect((await get('/movie/6/changes')).body).toEqual({ changes: [] });
    expect(performance.now() - before).toBeGreaterThan(190);
  });
});
