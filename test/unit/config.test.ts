import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { makeSettings } from '../support/settings.ts';

const now = Date.parse('2026-08-18T12:00:00Z');
const jwt = 'eyJhbGciOiJIUzI1NiJ9.x.y';
const files: Record<string, string> = {};
const readText = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw new Error(`file ${JSON.stringify(path)}: there is none`);
  return text;
};
const { read, problemsOf } = makeSettings(now, readText);

describe('settings', () => {
  it('have defaults, and an empty or blank value is an unset one', () => {
    expect(read({ KAFKA_BROKERS: '', PARTITIONS: '  ', LOG_LEVEL: '' })).toMatchObject({
      TMDB_REQUESTS_PER_SECOND: 20,
      TMDB_CONNECTIONS: 10,
      OVERLAP_HOURS: 48,
      POLL_INTERVAL_SECONDS: 900,
      KAFKA_BROKERS: ['localhost:9092'],
      SCHEMA_REGISTRY_URL: 'http://localhost:8081',
      TOPIC_PREFIX: 'tmdb.movie.',
      PARTITIONS: 6,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 8090,
      LOG_LEVEL: 'info',
    });
  });

  it.each(['0.0.0.0', '::', '::1', 'localhost', 'host-1.example.org'])('HTTP_HOST may be %s', (host) =>
    expect(read({ HTTP_HOST: host }).HTTP_HOST).toBe(host),
  );
  it('HTTP_HOST may be an IPv6 address in brackets', () => expect(read({ HTTP_HOST: '[::1]' }).HTTP_HOST).toBe('::1'));
  it.each(['http://localhost', 'localhost:8090', 'a b', '*', '127.0.0.1/8'])('HTTP_HOST is never %j', (host) =>
    expect(problemsOf({ HTTP_HOST: host })).toEqual([expect.stringMatching(/^HTTP_HOST: is not an IP address/)]),
  );

  it.each([
    ['8091', 8091],
    ['0', 0],
    ['off', 'off'],
    ['OFF', 'off'],
  ])('HTTP_PORT may be %s', (text, port) => expect(read({ HTTP_PORT: text }).HTTP_PORT).toBe(port));
  // Kubernetes sets the last one in pods beside a service that is called http.
  it.each(['65536', '-1', '80a', 'no', 'tcp://10.0.0.1:80'])('HTTP_PORT is never %j', (text) =>
    expect(problemsOf({ HTTP_PORT: text })).toEqual(['HTTP_PORT: is not a whole number from 0 to 65535, or off']),
  );

  it('HTTP_… of other programs is not ours to judge', () =>
    expect(problemsOf({ HTTP_PROXY: 'http://proxy:3128', HTTPS_PROXY: 'x', HTTP_PRT: '1' })).toEqual([]));

  it('that are all wrong are all named in one answer', () => {
    const wrong = {
      HTTP_HOST: '*',
      HTTP_PORT: 'on',
      TMDB_TOKEN: '0123456789abcdef0123456789abcdef',
      TMDB_URL: 'http://api.example.org/3',
      TMDB_REQUESTS_PER_SECOND: '41',
      TMDB_CONNECTIONS: '1e1',
      WATCH: 'x',
      START_DATE: '2026-02-30',
      OVERLAP_HOURS: '24',
      POLL_INTERVAL_SECONDS: '2592000',
      KAFKA_BROKERS: 'a',
      SCHEMA_REGISTRY_URL: 'ftp://x',
      TOPIC_PREFIX: 'a/b',
      PARTITIONS: '-1',
      REPLICATION_FACTOR: '0',
      LOG_LEVEL: 'loud',
      KAFKA_BROKER: 'a:9092',
    };
    const problems = problemsOf(wrong);
    expect(problems.map((line) => line.split(':')[0]).sort()).toEqual(Object.keys(wrong).sort());
  });

  it('that are needed are named with their meaning', () => {
    expect(() => readConfig({}, { now, needed: ['TMDB_TOKEN', 'WATCH'], readText })).toThrow(
      /^TMDB_TOKEN: is needed.*\nWATCH: is needed/,
    );
  });

  it('of Kubernetes and of other programs are no slips of ours', () => {
    expect(
      problemsOf({
        KAFKA_PORT: 'tcp://10.0.0.1:9092',
        KAFKA_SERVICE_HOST: 'x',
        TMDB_PORT_443_TCP_ADDR: 'x',
        SCHEMA_REGISTRY_SERVICE_PORT: '1',
        KAFKA_HOME: '/opt',
        KAFKA_HEAP_OPTS: '-Xmx1G',
      }),
    ).toEqual([]);
  });
});

describe('TMDB_TOKEN', () => {
  it.each([jwt, `Bearer ${jwt}`, ` ${jwt}\r\n`])('may be written as %j', (text) =>
    expect(read({ TMDB_TOKEN: text }).TMDB_TOKEN).toBe(jwt),
  );

  it.each([
    ['0123456789abcdef0123456789abcdef', 'the short API key'],
    [`"${jwt}"`, 'quotation mark'],
    [`‘${jwt}’`, 'quotation mark'],
    [`${jwt}\n${jwt}`, 'line break'],
    [`${jwt} # mine`, 'blank'],
    [`${jwt}’s`, 'character that no token has'],
    ['{"token":"eyJhbGci"}\n{}', 'line break'],
  ])('%j is refused without a word of it', (text, reason) => {
    const [problem = ''] = problemsOf({ TMDB_TOKEN: text });
    expect(problem).toContain(reason);
    for (let at = 0; at + 8 <= text.length; at += 1) expect(problem).not.toContain(text.slice(at, at + 8));
  });

  it('may be a file, but not both', () => {
    files['/run/secrets/token'] = `\ufeff${jwt}\n`;
    expect(read({ TMDB_TOKEN_FILE: '/run/secrets/token' }).TMDB_TOKEN).toBe(jwt);
    expect(problemsOf({ TMDB_TOKEN_FILE: '/run/secrets/token', TMDB_TOKEN: jwt })[0]).toMatch(/both set/);
    expect(problemsOf({ TMDB_TOKEN_FILE: '/nowhere' })).toEqual(['TMDB_TOKEN_FILE: file "/nowhere": there is none']);
    files['/empty'] = ' \n';
    expect(problemsOf({ TMDB_TOKEN_FILE: '/empty' })).toEqual(['TMDB_TOKEN_FILE: the file holds nothing']);
  });
});

describe('TMDB_URL', () => {
  it.each([
    'https://api.example.org/3',
    'https://proxy.example.org/tmdb/3/',
    'http://127.0.0.1:80/3',
    'http://localhost/3',
    'http://tmdb:8155/3',
  ])('%s is taken', (url) => expect(problemsOf({ TMDB_URL: url })).toEqual([]));
  it.each([
    ['http://api.example.org/3', 'unencrypted'],
    ['http://[2001:db8::1]/3', 'unencrypted'],
    ['http://128.0.0.1/3', 'unencrypted'],
    ['https://api.example.org', 'does not end in /3'],
    ['https://user:secret@api.example.org/3', 'a user or a password'],
    ['https://api.example.org/3?key=secret', 'behind the path'],
    ['api.example.org/3', 'is not a URL'],
  ])('%s is refused', (url, reason) => {
    const [problem] = problemsOf({ TMDB_URL: url });
    expect(problem).toContain(reason);
    expect(problem).not.toContain('secret');
  });
});

describe('SCHEMA_REGISTRY_URL', () => {
  it.each(['http://r:8081/apis/ccompat/v7', 'http://r:8081/apis/ccompat/v7/', '  http://r:8081/apis/ccompat/v7//  '])(
    '%j is one address',
    (url) => expect(read({ SCHEMA_REGISTRY_URL: url }).SCHEMA_REGISTRY_URL).toBe('http://r:8081/apis/ccompat/v7'),
  );
  it.each(['http://user:pass@r:8081', 'http://r:8081?x=1'])('%s is refused', (url) =>
    expect(problemsOf({ SCHEMA_REGISTRY_URL: url })).toHaveLength(1),
  );
});

describe('KAFKA_BROKERS', () => {
  it('may be untidy', () =>
    expect(read({ KAFKA_BROKERS: ' a:9092, b.c-d:9093,' }).KAFKA_BROKERS).toEqual(['a:9092', 'b.c-d:9093']));
  it.each(['a:9092;b:9092', 'PLAINTEXT://a:9092', 'a', 'a:99999', ':9092', ',,', '[::1]:9092', 'a:0', 'a:b'])(
    '%s is named',
    (text) => {
      expect(problemsOf({ KAFKA_BROKERS: text })).toEqual([
        expect.stringMatching(/^KAFKA_BROKERS: ("|names no broker)/),
      ]);
    },
  );
  it('shows nothing of an entry with an @', () =>
    expect(problemsOf({ KAFKA_BROKERS: 'sasl://u:secret@a:1' })[0]).not.toContain('secret'));
});

describe('TOPIC_PREFIX', () => {
  it('alone may be set to nothing', () => {
    expect(read({ TOPIC_PREFIX: '' }).TOPIC_PREFIX).toBe('');
    expect(read({ TOPIC_PREFIX: '  ' }).TOPIC_PREFIX).toBe('tmdb.movie.');
    expect(read({}).TOPIC_PREFIX).toBe('tmdb.movie.');
  });
});

describe('START_DATE', () => {
  it.each([
    ['2026-02-29', 'is not a day that exists, written YYYY-MM-DD'],
    ['2026-13-01', 'is not a day that exists, written YYYY-MM-DD'],
    ['2026-8-5', 'is not a day that exists, written YYYY-MM-DD'],
    ['2026-08-05junk', 'is not a day that exists, written YYYY-MM-DD'],
    ['+012026-08-05', 'is not a day that exists, written YYYY-MM-DD'],
    ['yesterday', 'is not a day that exists, written YYYY-MM-DD'],
    ['0000-01-01', "lies before 2012-10-05, where TMDB's log of changes begins"],
    ['2012-10-04', "lies before 2012-10-05, where TMDB's log of changes begins"],
    ['2026-08-19', 'lies after today (2026-08-18, UTC)'],
    ['9999-12-31', 'lies after today (2026-08-18, UTC)'],
  ])('%s is refused in one sentence', (day, sentence) =>
    expect(problemsOf({ START_DATE: day })).toEqual([`START_DATE: ${sentence}`]),
  );
  it.each(['2024-02-29', '2012-10-05', '2026-08-18'])('%s is taken', (day) =>
    expect(read({ START_DATE: day }).START_DATE).toBe(day),
  );
});

describe('WATCH', () => {
  it('is ids, each once, in their order', () =>
    expect(read({ WATCH: ' 550, 603,550,' }).WATCH).toEqual({ kind: 'ids', ids: [550, 603] }));

  it.each(['all', 'ALL', ' All '])('is everything, written %j', (text) =>
    expect(read({ WATCH: text }).WATCH).toEqual({ kind: 'all' }),
  );

  it('is a file as spreadsheets write it', () => {
    files['/list'] = '\ufeff550\r\n\r\n  603  \r# note\n305601196 # big\n550\n2147483647';
    expect(read({ WATCH: ' @/list ' }).WATCH).toEqual({
      kind: 'file',
      path: '/list',
      ids: [550, 603, 305601196, 2147483647],
    });
  });

  it.each(['/a list,\n "all"\t@x', '/ä'])('is a file of any name: %j', (path) => {
    files[path] = '603\n550';
    expect(read({ WATCH: `@${path}` }).WATCH).toEqual({ kind: 'file', path, ids: [603, 550] });
  });

  const wrong = [
    ['0', '"0"'],
    ['-1', '"-1"'],
    ['+1', '"+1"'],
    ['007', '"007"'],
    ['550.5', '"550.5"'],
    ['5e2', '"5e2"'],
    ['９', '"９"'],
    ['0x10', '"0x10"'],
    ['9007199254740993', '"9007199254740993"'],
    ['2147483648', '"2147483648"'],
    ['1000000000000', '"1000000000000"'],
    ['550 603', '"550 603"'],
    ['550;603', '"550;603"'],
    ['all', '"all"'],
    ['@/list', '"@/list"'],
    ['550\0', '"550\\u0000"'],
    ['x'.repeat(1000), `"${'x'.repeat(40)}…"`],
  ] as const;

  it.each([
    ...wrong,
    ['550,603', '"550,603"'],
    ['{"adult":false,"id":3924}', '"{\\"adult\\":false,\\"id\\":3924}"'],
  ] as const)('a line %j is named with its number', (line, shown) => {
    files['/list'] = `550\n${line}\n`;
    expect(problemsOf({ WATCH: '@/list' })).toEqual([`WATCH: line 2: ${shown} is not a movie id`]);
  });

  it.each(wrong)('a piece %j between commas is named', (piece, shown) => {
    expect(problemsOf({ WATCH: `550,${piece},603` })).toEqual([`WATCH: ${shown} is not a movie id`]);
  });

  it('counts the lines of every kind of line end', () => {
    files['/list'] = '1\n2\r\n\r\n3\r\r4\rx';
    expect(problemsOf({ WATCH: '@/list' })).toEqual(['WATCH: line 7: "x" is not a movie id']);
  });

  it('a file of rubbish is one short answer', () => {
    files['/list'] = 'rubbish\n'.repeat(1000);
    const lines = [1, 2, 3, 4, 5].map((line) => `WATCH: line ${line}: "rubbish" is not a movie id`);
    expect(problemsOf({ WATCH: '@/list' })).toEqual([...lines, 'WATCH: and 995 more that are no movie ids']);
    expect(problemsOf({ WATCH: '@/nowhere' })).toEqual(['WATCH: file "/nowhere": there is none']);
    expect(problemsOf({ WATCH: '@' })).toEqual(['WATCH: file "": there is none']);
  });

  it.each(['\n# nothing\n', '\n\n', '\ufeff', ' ', '# 550'])('a file of %j names no movie', (text) => {
    files['/list'] = text;
    expect(problemsOf({ WATCH: '@/list' })).toEqual(['WATCH: names no movie']);
  });

  it('commas alone name no movie', () => expect(problemsOf({ WATCH: ', ,' })).toEqual(['WATCH: names no movie']));
});
