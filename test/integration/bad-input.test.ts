import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { dayOf } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Ended, type Env, type Running } from '../support/cli.ts';
import { createTopic } from '../support/topics.ts';
import { expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

const movie = 550;
const kafka = new kafkajs.Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: kafkajs.logLevel.NOTHING,
});
const registry = process.env['SCHEMA_REGISTRY_URL'] ?? '';
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let tmdbOfOwner: typeof tmdb;
let env: Env;
/** Three that wait for a minute, while all the others go by: for a broker, for a registry, and for an owner to leave. */
let waiting: Promise<readonly [Ended, Ended, Ended]>;
let owner: Running;

const once = async (more: Env = {}): Promise<Ended> => runCli(['run', '--once'], { ...env, ...more });

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('bad', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
  tmdbOfOwner = await startTmdb([movie]);
  const owned = await provisioned(settingsFor('owned', { TMDB_URL: tmdbOfOwner.url, WATCH: String(movie) }));
  owner = startCli(['run'], owned);
  await eventually(() => expect(owner.err()).toContain('"msg":"session open"'), 30_000);
  waiting = Promise.all([
    once({ KAFKA_BROKERS: '127.0.0.1:1' }),
    once({ SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' }),
    once(owned),
  ]);
}, 60_000);
afterAll(async () => {
  await waiting;
  owner.child.kill('SIGKILL');
  tmdbOfOwner.close();
  tmdb.close();
}, 120_000);

/** The last line on stderr is one sentence behind its code; nothing is a stack trace. */
const expectFault = ({ code, stderr, stdout }: Ended, fault: string, sentence: RegExp): void => {
  expect(stderr).not.toMatch(/\n {4}at /);
  expect({ code, stdout, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
    code: 1,
    stdout: '',
    last: expect.stringMatching(new RegExp(`^tmdb-cdc: ${fault}: .*${sentence.source}`)),
  });
};

describe('usage and settings', () => {
  it.concurrent.each([
    [['run', '--once'], { TMDB_TOKEN: '', WATCH: '' }, ['TMDB_TOKEN: is needed', 'WATCH: is needed']],
    [
      ['provision'],
      { PARTITIONS: 'six', KAFKA_BROKERS: 'a', KAFKA_BROKER: 'b:1' },
      ['KAFKA_BROKER: there is no such', 'KAFKA_BROKERS: "a"', 'PARTITIONS: '],
    ],
    [['run', '--onse'], {}, ['unknown option']],
    [['backfill'], {}, ["required option '--since <day>' not specified"]],
    [['backfill', '--since', '2012-10-04'], {}, ["2012-10-05, where TMDB's log of changes begins"]],
    [['backfill', '--since', '2999-01-01'], {}, ['--since "2999-01-01" lies after today']],
    [['backfill', '--since', 'monday', '--dry-run'], {}, ['is not a day that exists, written YYYY-MM-DD']],
    [['walk'], {}, ['unknown command']],
    [['simulate', '--port', 'x'], {}, ['--port is not a whole number']],
    [['run'], { WATCH: '@/no/such/file' }, ['WATCH: file "/no/such/file": there is none']],
    [['run'], { TMDB_TOKEN: '', TMDB_TOKEN_FILE: '/tmp' }, ['TMDB_TOKEN_FILE: its file: it is a directory']],
    [['run', '--once'], { HTTPS_PROXY: 'user:secret@proxy:3128' }, ['HTTPS_PROXY: is not a URL']],
  ])('%j with %j is answered whole, with exit 2', async (args, more, sentences) => {
    const ended = await runCli(args, { ...env, ...more });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    for (const sentence of sentences) expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).not.toMatch(/\n {4}at |secret/);
  });
});

describe('TMDB', () => {
  it('that refuses the token stops with advice', async () => {
    await tmdb.fault({ status: 401, body: '{"status_code":7}' });
    expectFault(await once(), 'TMDB_UNAUTHORIZED', /API Read Access Token/);
  });

  it('that answers every movie with 404 has another address', async () => {
    await tmdb.fault({ times: 2, status: 404 });
    expectFault(await once({ WATCH: '1,2' }), 'INCOMPLETE', /every watched movie is unknown at http.*check TMDB_URL/);
  });

  it('that answers one of many with 404 is right', async () => {
    await tmdb.fault({ movieId: 9, status: 404 });
    expectOk(await once({ WATCH: '1,2,9' }));
  });

  it('that redirects is not followed', async () => {
    await tmdb.fault({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    expectFault(await once(), 'TMDB_REFUSED', /answers 302, a redirect/);
  });

  it('that cannot be read for one movie leaves the others complete; that ignores the dates, nothing moves', async () => {
    const deaf = await provisioned(settingsFor('deaf', { TMDB_URL: tmdb.url, WATCH: '6' }));
    for (const day of ['2019-01-01', '2019-01-02', '2019-01-03']) {
      const at = Date.parse(day);
      const id = (at / 1000).toString(16) + '0'.repeat(16);
      await tmdb.add(6, 'title', itemNow({ id, time: `${day} 00:00:00 UTC` }), at);
    }
    await tmdb.add(7, 'title', itemNow());
    await tmdb.fault({ movieId: 6, times: 6, ignoreDates: true });
    await tmdb.fault({ movieId: 8, times: 6, body: '<html>' });
    const [partly, ignored] = await Promise.all([once({ WATCH: '7,8' }), runCli(['run', '--once'], deaf)]);
    expectFault(partly, 'INCOMPLETE', /1 of 2 movies could not be read .*a web page, not TMDB/);
    expectFault(ignored, 'INCOMPLETE', /the dates were ignored/);
    expect((await readAll(env, 'title')).map(({ value }) => value['movie_id'])).toEqual([7]);
    expect(await readAll(deaf, 'all', 'dead_letters')).toEqual([]);
  }, 90_000);

  it('behind a cache that is hours old is no fault', async () => {
    await tmdb.fault({ ageSeconds: 80_000 });
    expectOk(await once({ WATCH: '5' }));
  });

  it('whose clock is far from ours stops with both times', async () => {
    await tmdb.fault({ times: 3, date: 'Sat, 01 Jan 2000 00:00:00 GMT' });
    expectFault(await once({ WATCH: '1,2,3' }), 'CLOCK_SKEW', /2000-01-01T00:00:00.*ours 20/);
  });
});

describe('Kafka and the registry', () => {
  const admin = kafka.admin();
  beforeAll(async () => admin.connect());
  afterAll(async () => admin.disconnect());

  it('without topics or schemas say: run provision', async () => {
    const bare = settingsFor('bare');
    expectFault(await once(bare), 'TOPICS_MISSING', /run tmdb-cdc provision/);
    expectFault(await runCli(['tail', 'images', '--until', 'now'], bare), 'TOPICS_MISSING', /run tmdb-cdc provision/);
    expectOk(await runCli(['provision', '--dry-run'], bare));
    expectFault(await once(bare), 'TOPICS_MISSING', /images/);
    await provisioned(bare);
    const subject = `${bare['TOPIC_PREFIX'] ?? ''}videos-value`;
    await fetch(`${registry}/subjects/${subject}`, { method: 'DELETE' });
    expectFault(await once(bare), 'SCHEMA_MISSING', /video.avsc under .*run tmdb-cdc provision/);
  }, 60_000);

  it.concurrent.each([
    ['images', { numPartitions: 3 }, /has 3 partitions, declared are 6/],
    [
      'checkpoints',
      { numPartitions: 3, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      /has 3 partitions, declared are 1/,
    ],
    [
      'checkpoints',
      { numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] },
      /cleanup.policy is delete, declared is compact/,
    ],
    [
      'checkpoints',
      { numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact,delete' }] },
      /cleanup.policy is compact,delete/,
    ],
    [
      'videos',
      { numPartitions: 6, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] },
      /timestamp.type is LogAppendTime/,
    ],
    [
      'videos',
      { numPartitions: 6, configEntries: [{ name: 'compression.type', value: 'zstd' }] },
      /compression.type is zstd/,
    ],
  ])(
    'with a topic %s of %j: refused by provision and by run',
    async (name, options, sentence) => {
      const other = settingsFor('differs');
      await createTopic(admin, { topic: `${other['TOPIC_PREFIX'] ?? ''}${name}`, ...options });
      const ended = await runCli(['provision'], other);
      expect(ended.stdout).toContain('created   topic'); // the rest is done all the same
      expectFault({ ...ended, stdout: '' }, 'TOPICS_DIFFER', sentence);
      expectFault(await once(other), 'TOPICS_DIFFER', sentence);
    },
    60_000,
  );

  it('with an incompatible schema of the same subject: refused', async () => {
    const other = settingsFor('incompatible');
    const subject = `${other['TOPIC_PREFIX'] ?? ''}images-value`;
    const schema = JSON.stringify({
      type: 'record',
      name: 'ImageChange',
      namespace: 'tmdb.movie',
      fields: [{ name: 'new_and_required', type: 'string' }],
    });
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    await fetch(`${registry}/subjects/${subject}/versions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ schemaType: 'AVRO', schema }),
    });
    await fetch(`${registry}/config/${subject}`, {
      method: 'PUT',
      headers,
      body: '{"compatibility":"FULL_TRANSITIVE"}',
    });
    const ended = await runCli(['provision'], other);
    expectFault({ ...ended, stdout: '' }, 'SCHEMA_INCOMPATIBLE', /images-value \(409/);
  }, 60_000);

  it.concurrent.each([
    ['{"version":3}', 'CHECKPOINT_TOO_NEW', /upgrade/],
    ['half', 'CHECKPOINT_UNREADABLE', /none that tmdb-cdc wrote/],
    [
      JSON.stringify({ version: 1, since: '2020-01-01', from: dayOf(Date.now() + 3 * 86_400_000), seen: [] }),
      'CLOCK_SKEW',
      /set the clock right/,
    ],
  ])(
    'with the checkpoint %s: stops',
    async (value, code, sentence) => {
      const other = await provisioned(settingsFor('checkpoint'));
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({
        topic: `${other['TOPIC_PREFIX'] ?? ''}checkpoints`,
        messages: [{ key: String(movie), value }],
      });
      await producer.disconnect();
      expectFault(await once(other), code, sentence);
      expect(await readAll(other)).toEqual([]);
    },
    60_000,
  );

  it('out of reach for a minute: one sentence, exit 1', async () => {
    const [broker, schemas] = await waiting;
    expectFault(broker, 'KAFKA_UNREACHABLE', /127\.0\.0\.1:1 refused the connection/);
    expectFault(schemas, 'REGISTRY_UNREACHABLE', /127\.0\.0\.1:1 refused the connection/);
    expect(broker.stderr.split('\n').length).toBeGreaterThan(8); // a line every five seconds
  }, 120_000);

  it('polled by another instance: run --once waits its turn, and says BUSY after a minute', async () => {
    const [, , busy] = await waiting;
    expectFault(busy, 'BUSY', /another instance polls for owned-\w+\.: .* within 60 s$/);
    expect(owner.err()).not.toMatch(/session ended/);
  }, 120_000);
});
