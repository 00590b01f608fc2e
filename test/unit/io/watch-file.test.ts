import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WatchChange } from '../../../src/core/watch.ts';
import { unlessAborted } from '../../../src/io/rest.ts';
import { makeWatchFile, type WatchFileOptions } from '../../../src/io/watch-file.ts';
import { eventually } from '../../support/cli.ts';

let folder = '';
let path = '';
const closers: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  path = join(folder, 'list');
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true });
});

/** Time that passes when the test says so: one look after another. */
const makeTime = () => {
  let resting = Promise.withResolvers<undefined>();
  let next = Promise.withResolvers<undefined>();
  const rest = async (_: number, signal: AbortSignal): Promise<void> => {
    resting.resolve(undefined);
    await unlessAborted(next.promise, signal);
  };
  const goOn = (): void => {
    const { resolve } = next;
    [resting, next] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    resolve(undefined);
  };
  const look = async (times = 1): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await resting.promise;
      goOn();
      await resting.promise;
    }
  };
  return { rest, look };
};

const start = (ids: readonly number[], more: Partial<WatchFileOptions> = {}) => {
  const told: { level: string; fields: object }[] = [];
  const changes: WatchChange[] = [];
  const { rest, look } = makeTime();
  const { close } = makeWatchFile({
    path,
    ids,
    log: {
      info: (fields) => told.push({ level: 'info', fields }),
      warn: (fields) => told.push({ level: 'warn', fields }),
    },
    onChange: (change) => changes.push(change),
    rest,
    ...more,
  });
  closers.push(close);
  return { told, changes, look, close };
};

const taken = (movies: number, added: number, removed: number) => ({
  level: 'info',
  fields: { file: path, movies, added, removed },
});
const refused = (movies: number, ...problems: unknown[]) => ({
  level: 'warn',
  fields: { file: path, problems, movies },
});

/** As editors and most tools save. */
const replace = (text: string): void => {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
};

describe('a watch file that changes', () => {
  it('is silent while it stays as it was read', async () => {
    writeFileSync(path, '550\n603\n');
    const { told, changes, look } = start([550, 603]);
    await look(5);
    expect([told, changes]).toEqual([[], []]);
  });

  it('is taken once it is the same twice, with what is added and removed', async () => {
    writeFileSync(path, '550\n603\n');
    const { told, changes, look } = start([550, 603]);
    await look(2);
    replace('13\n603\n2147483647\n11\n');
    await look();
    expect(told).toEqual([]);
    await look(5);
    expect(told).toEqual([taken(4, 3, 1)]);
    expect(changes).toEqual([{ ids: [13, 603, 2147483647, 11], added: [11, 13, 2147483647], removed: [550] }]);
  });

  it('is taken where it changed after the settings were read, before the first look', async () => {
    writeFileSync(path, '603\n');
    const { changes, look } = start([550]);
    await look(2);
    expect(changes).toEqual([{ ids: [603], added: [603], removed: [550] }]);
  });

  it('is followed on from the list that is in force, change after change', async () => {
    writeFileSync(path, '1\n');
    const { changes, look } = start([1]);
    for (const text of ['1\n2\n', '2\n', '1\n2\n']) {
      replace(text);
      await look(2);
    }
    expect(changes.map(({ added, removed }) => [added, removed])).toEqual([
      [[2], []],
      [[], [1]],
      [[1], []],
    ]);
  });

  it.each(['603\n550\n', '550\n603\n550\n', '# mine\n550 # Fight Club\r\n603'])(
    'is nothing new where it names the same movies: %j',
    async (text) => {
      writeFileSync(path, '550\n603\n');
      const { told, changes, look } = start([550, 603]);
      await look(2);
      replace(text);
      await look(3);
      expect([told, changes]).toEqual([[], []]);
    },
  );

  it('is seen to be rewritten in place with as many bytes', async () => {
    writeFileSync(path, '550\n');
    const { changes, look } = start([550]);
    await look(2);
    writeFileSync(path, '551\n');
    utimesSync(path, 1, 1);
    await look(2);
    expect(changes).toMatchObject([{ ids: [551] }]);
  });

  it('is left alone while it is written slowly, its last line cut', async () => {
    writeFileSync(path, '550\n603\n');
    const { told, changes, look } = start([550, 603]);
    await look(2);
    truncateSync(path);
    for (const piece of ['55', '0\n6', '03\n30', '5601']) {
      await look();
      appendFileSync(path, piece);
    }
    await look();
    expect([told, changes]).toEqual([[], []]);
    await look();
    expect(changes).toEqual([{ ids: [550, 603, 305601], added: [305601], removed: [] }]);
  });

  it('is not taken where it changes while it is read', async () => {
    writeFileSync(path, '550\n60');
    const texts: string[] = [];
    const readText = async (file: string): Promise<string> => {
      texts.push(readFileSync(file, 'utf8'));
      if (texts.length === 1) appendFileSync(path, '3\n');
      return Promise.resolve(texts.at(-1) ?? '');
    };
    const { changes, look } = start([550], { readText });
    await look(4);
    expect(texts).toEqual(['550\n60', '550\n603\n']);
    expect(changes).toEqual([{ ids: [550, 603], added: [603], removed: [] }]);
  });

  it('may be behind a link that is swapped, as Kubernetes does', async () => {
    for (const [version, text] of [
      ['v1', '550\n'],
      ['v2', '603\n'],
    ] as const) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'list'), text);
    }
    symlinkSync('v1', join(folder, '..data'));
    symlinkSync(join('..data', 'list'), path);
    const { told, changes, look } = start([550]);
    await look(2);
    symlinkSync('v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    rmSync(join(folder, 'v1'), { recursive: true });
    await look(2);
    expect(changes).toEqual([{ ids: [603], added: [603], removed: [550] }]);
    expect(told).toEqual([taken(1, 1, 1)]);
  });
});

describe('a watch file that cannot be taken', () => {
  it.each([
    ['550\nx\n', ['line 2: "x" is not a movie id']],
    ['550\n-1\n0\n', ['line 2: "-1" is not a movie id', 'line 3: "0" is not a movie id']],
    ['550\n\n1000000000000\n', ['line 3: "1000000000000" is not a movie id']],
    ['550,603\n', ['line 1: "550,603" is not a movie id']],
    ['550\n6\0\0\n', ['line 2: "6\\u0000\\u0000" is not a movie id']],
    ['# all gone\n', ['names no movie']],
    ['', ['it is empty']],
  ])('leaves the old list in force, and is named once: %j', async (text, problems) => {
    writeFileSync(path, '550\n603\n');
    const { told, changes, look } = start([550, 603]);
    await look(2);
    replace(text);
    await look(5);
    expect([told, changes]).toEqual([[refused(2, ...problems)], []]);
    replace('550\n603\n604\n');
    await look(5);
    expect(told.slice(1)).toEqual([taken(3, 1, 0)]);
    expect(changes).toEqual([{ ids: [550, 603, 604], added: [604], removed: [] }]);
  });

  it('says so when it is as it was again, and tells nobody of a change', async () => {
    writeFileSync(path, 'x\n');
    const { told, changes, look } = start([550]);
    await look(2);
    replace('550\n');
    await look(3);
    expect(told).toEqual([refused(1, 'line 1: "x" is not a movie id'), taken(1, 0, 0)]);
    expect(changes).toEqual([]);
  });

  it('is named again when it changes again, or the problem does', async () => {
    writeFileSync(path, 'x\n');
    const { told, look } = start([550]);
    await look(3);
    utimesSync(path, 1, 1);
    await look(3);
    replace('550\ny\n');
    await look(3);
    rmSync(path);
    await look(3);
    expect(told).toEqual([
      refused(1, 'line 1: "x" is not a movie id'),
      refused(1, 'line 1: "x" is not a movie id'),
      refused(1, 'line 2: "y" is not a movie id'),
      refused(1, 'there is none'),
    ]);
  });

  it('may be gone for a moment without a word', async () => {
    writeFileSync(path, '550\n');
    const { told, changes, look } = start([550]);
    await look(2);
    rmSync(path);
    await look();
    writeFileSync(path, '603\n');
    await look(2);
    expect(told).toEqual([taken(1, 1, 1)]);
    expect(changes).toMatchObject([{ ids: [603] }]);
  });

  it('may be deleted and made again, or moved away and back', async () => {
    writeFileSync(path, '550\n');
    const { told, look } = start([550]);
    await look(2);
    rmSync(path);
    await look(4);
    writeFileSync(path, '550\n603\n');
    await look(4);
    renameSync(path, `${path}.away`);
    await look(4);
    renameSync(`${path}.away`, path);
    await look(4);
    expect(told).toEqual([refused(1, 'there is none'), taken(2, 1, 0), refused(2, 'there is none'), taken(2, 0, 0)]);
  });

  it('may be a folder, a link to itself, or too large', async () => {
    writeFileSync(path, '550\n');
    const { told, look } = start([550]);
    await look(2);
    rmSync(path);
    mkdirSync(path);
    await look(3);
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
    await look(3);
    rmSync(path);
    writeFileSync(path, '550\n');
    truncateSync(path, 64 * 1024 * 1024 + 1);
    await look(3);
    expect(told).toEqual([
      refused(1, 'it is a directory (a missing source of a mount becomes one)'),
      refused(1, 'ELOOP'),
      refused(1, 'it is larger than 64 MB'),
    ]);
  });

  it('is read again and again where reading fails, and named once', async () => {
    writeFileSync(path, '603\n');
    const failures = ['EIO', 'EIO', 'ESTALE', 'ESTALE'];
    const readText = async (file: string): Promise<string> => {
      const code = failures.shift();
      if (code !== undefined) throw Object.assign(new Error('no luck'), { code });
      return Promise.resolve(readFileSync(file, 'utf8'));
    };
    const { told, look } = start([550], { readText });
    await look(8);
    expect(told).toEqual([refused(1, 'EIO'), refused(1, 'ESTALE'), taken(1, 1, 1)]);
  });

  it('is named where it keeps changing for a minute', async () => {
    writeFileSync(path, '1\n');
    const { told, changes, look } = start([1]);
    for (let movie = 2; movie < 40; movie += 1) {
      await look();
      appendFileSync(path, `${movie}\n`);
    }
    expect(told).toEqual([refused(1, 'it keeps changing: it is read once it is the same for 5 s')]);
    await look(3);
    expect(told.slice(1)).toEqual([taken(39, 38, 0)]);
    expect(changes).toHaveLength(1);
  });

  it('is read again after that, also where it is as it was before', async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    writeFileSync(one, '1\n');
    writeFileSync(other, '2\n');
    const link = (to: string): void => {
      symlinkSync(to, `${path}.new`);
      renameSync(`${path}.new`, path);
    };
    link(one);
    const { told, look } = start([1]);
    await look(2);
    for (let time = 0; time < 13; time += 1) {
      link(time % 2 === 0 ? other : one);
      await look();
    }
    link(one);
    await look(3);
    expect(told).toEqual([refused(1, expect.stringContaining('keeps changing')), taken(1, 0, 0)]);
  });

  it('may change every few seconds for ever', async () => {
    const { told, look } = start([0]);
    for (let movie = 1; movie <= 20; movie += 1) {
      replace(`${movie}\n`);
      await look(2);
    }
    expect(told).toEqual(Array.from({ length: 20 }, () => taken(1, 1, 1)));
  });

  // Root may read everything.
  (process.getuid?.() === 0 ? it.skip : it)('may be taken away from us and given back', async () => {
    writeFileSync(path, '550\n');
    const { told, look } = start([550]);
    await look(2);
    chmodSync(path, 0);
    await look(3);
    chmodSync(path, 0o600);
    await look(3);
    expect(told).toEqual([refused(1, `user ${process.getuid?.() ?? ''} may not read it`), taken(1, 0, 0)]);
  });
});

describe('time', () => {
  it('is its own timer, until it is closed', async () => {
    writeFileSync(path, '550\n');
    const log: object[] = [];
    const say = (fields: object): number => log.push(fields);
    const make = (changes: WatchChange[]) => {
      const onChange = (change: WatchChange): number => changes.push(change);
      return makeWatchFile({ path, ids: [550], log: { info: say, warn: say }, onChange, everyMs: 20 });
    };
    const [open, closed]: [WatchChange[], WatchChange[]] = [[], []];
    closers.push(make(open).close);
    make(closed).close();
    replace('603\n');
    await eventually(() => expect(open).toMatchObject([{ ids: [603] }]));
    expect([closed, log]).toEqual([[], [taken(1, 1, 1).fields]]);
  });

  it('that is up during a look tells nothing any more', async () => {
    writeFileSync(path, 'x\n');
    const reading = Promise.withResolvers<undefined>();
    const readText = async (file: string): Promise<string> => {
      closing.close();
      reading.resolve(undefined);
      return Promise.resolve(readFileSync(file, 'utf8'));
    };
    const [closing, other] = [start([550], { readText }), start([550])];
    await closing.look();
    void closing.look();
    await reading.promise;
    await other.look(3);
    expect([closing.told.length, other.told.length]).toEqual([0, 1]);
  });

  it('keeps no process alive', async () => {
    const script = `
      import { makeWatchFile } from './src/io/watch-file.ts';
      const say = () => undefined;
      makeWatchFile({ path: 'package.json', ids: [1], log: { info: say, warn: say }, onChange: say });`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 });
  });
});
