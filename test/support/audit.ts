import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import type { Frontier, Stored } from '../../src/core/coverage.ts';
import { decode, typeOf } from '../../src/core/encode.ts';
import { readCheckpointRecord } from '../../src/core/records.ts';
import type { DeadLetter } from '../../src/core/events.ts';
import { asJson, canonicalJson, member, sameJson, type Json } from '../../src/core/json.ts';
import { toItem, type ChangeEvent } from '../../src/core/map.ts';
import { parseInstant, startOf, type Day } from '../../src/core/time.ts';
import { declaredTopics } from '../../src/core/topics.ts';
import type { ConsumedRecord } from '../../src/core/reading.ts';
import { makeConsume } from '../../src/io/consume.ts';
import { makeRead } from '../../src/io/read.ts';
import { makeResets } from '../../src/io/resets.ts';
import { makeFindRanges } from '../../src/io/offsets.ts';
import { atMost, rest } from '../../src/io/rest.ts';
import type { Entry } from '../../src/simulator/world.ts';
import type { Env } from './cli.ts';

/** What the log holds that it should not, and the other way round: a line each. */
export interface Verdict {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly outOfOrder: readonly string[];
  readonly moved: readonly string[];
  readonly notLossless: readonly string[];
  readonly falseClaims: readonly string[];
  readonly events: number;
}

/** A record of a topic of events or of the dead letters; `topic` is without the prefix. */
export interface Logged {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly value: ChangeEvent | DeadLetter;
}

export interface Log {
  readonly records: readonly Logged[];
  /** The last of each movie. */
  readonly checkpoints: ReadonlyMap<number, Checkpoint>;
  /** That of each movie which has none of its own, where everything is watched. */
  readonly frontier?: Checkpoint;
}

/** Which of the oracle's items an installation has to publish. */
export interface Scope {
  readonly start: Day;
  /** null: all. */
  readonly movies: ReadonlySet<number> | null;
  readonly partitions: number;
}

// Names, places, partitions and topics are made here anew: made by the product's own functions they could not show
// that these are wrong.

interface Change {
  readonly movieId: number;
  readonly key: Json;
  readonly item: Json;
}

interface Named extends Change {
  readonly place: number | null;
  readonly stamp: string;
  readonly topic: string;
}

const typed = readdirSync('test/fixtures/changes').map((file) => file.replace('.json', ''));

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const nameOf = (change: Change): Named => {
  const { key, item } = change;
  const [id, action] = [text(member(item, 'id')), member(item, 'action')];
  const time = parseInstant(text(member(item, 'time')));
  const idMs = /^[0-9a-f]{24}$/.test(id) ? Number(`0x${id.slice(0, 8)}`) * 1000 : null;
  const place = time ?? idMs;
  const hasName = /^[!-~]{1,64}$/.test(id) && time !== null;
  const isWhole = hasName && typeof action === 'string' && typeof key === 'string' && key.isWellFormed();
  const seconds = place === null ? '' : `${Math.floor(place / 1000)}-`;
  const hash = createHash('sha256').update(canonicalJson({ key, items: [item] }));
  const nameless = `${seconds}rejected-${hash.digest('hex').slice(0, 24)}`;
  const named = idMs !== null && `${idMs / 1000}-` === seconds ? id : `${seconds}${id}`;
  const topic = typed.find((each) => each === key) ?? 'other';
  return { ...change, place, stamp: hasName ? named : nameless, topic: isWhole ? topic : 'dead_letters' };
};

const label = ({ movieId, stamp, key }: Named): string => `movie ${movieId} ${JSON.stringify(key)} ${stamp}`;
const identity = ({ movieId, stamp }: Named): string => `${movieId}:${stamp}`;

const changeOf = ({ value }: Logged): Change => {
  if (!('stamp' in value)) return { movieId: value.movie_id, key: value.change_key, item: toItem(value) };
  const piece = asJson(value.raw) as { key: Json; items: readonly Json[] };
  return { movieId: value.movie_id, key: piece.key, item: piece.items[0] ?? null };
};

/** What has to be in the log, each once, by movie and stamp. */
export const dueOf = (oracle: readonly Entry[], { start, movies }: Scope): ReadonlyMap<string, Named & Entry> => {
  const due = oracle
    .filter(({ movieId }) => movies === null || movies.has(movieId))
    .map((entry): Named & Entry => ({ ...entry, ...nameOf(entry), key: entry.key }))
    .filter(({ place, at }) => (place ?? at) >= startOf(start));
  return new Map(due.map((each) => [identity(each), each]));
};

type Read = Logged & { readonly named: Named };

const twice = (records: readonly Read[]): string[] =>
  [...Map.groupBy(records, ({ named }) => identity(named)).values()]
    .filter((all) => all.length > 1)
    .map((all) => `${label(all[0]?.named as Named)} ${all.length} times: ${all.map(whereIs).join(', ')}`);

const whereIs = ({ topic, partition, offset }: Logged): string => `${topic}/${partition}@${offset}`;

/** One movie's part of one answer, in one partition: ascending by time, then by stamp. */
const misordered = (records: readonly Read[]): string[] => {
  const polls = Map.groupBy(records, (each) =>
    [each.topic, each.partition, each.named.movieId, each.value.observed_at].join('/'),
  );
  const isAfter = (a: Named, b: Named): boolean =>
    (a.place ?? Infinity) > (b.place ?? Infinity) || (a.place === b.place && a.stamp > b.stamp);
  return [...polls.values()].flatMap((poll) => {
    const inLog = poll.toSorted((a, b) => Number(a.offset - b.offset));
    return inLog
      .slice(1)
      .filter(({ named }, at) => isAfter((inLog[at] as Read).named, named))
      .map((each) => `${label(each.named)} at ${whereIs(each)} is older than what is before it`);
  });
};

const javaPartitioner = kafkajs.Partitioners.DefaultPartitioner();

/** Where a record has to be. */
const placeFor = (movieId: number, topic: string, partitions: number): string => {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [0], isr: [0] },
  }));
  const message = { key: String(movieId), value: null };
  return `${topic}/${javaPartitioner({ topic, partitionMetadata, message })}`;
};

const misplaced = (records: readonly Read[], { partitions }: Scope): string[] => {
  const wrong = records.flatMap((each) => {
    const right = placeFor(each.named.movieId, each.named.topic, partitions);
    const is = `${each.topic}/${each.partition}`;
    return is === right ? [] : [`${label(each.named)} is in ${is}, not in ${right}`];
  });
  const homes = Map.groupBy(records, ({ topic, named }) => `${topic} movie ${named.movieId}`);
  const split = [...homes].filter(([, all]) => new Set(all.map(({ partition }) => partition)).size > 1);
  return [...wrong, ...split.map(([name]) => `${name} is in more than one partition`)];
};

const altered = (records: readonly Read[], all: ReadonlyMap<string, Change>): string[] =>
  records.flatMap(({ named }) => {
    const asked = all.get(identity(named));
    if (asked === undefined) return [`${label(named)} is nothing that TMDB has: ${canonicalJson(named.item)}`];
    const isSame = sameJson(asked.item, named.item) && sameJson(asked.key, named.key);
    return isSame ? [] : [`${label(named)}: ${canonicalJson(named.item)} was ${canonicalJson(asked.item)}`];
  });

/** What the checkpoint of one movie says and the log does not, and the other way round. */
const claimsOf = (
  { since, from, seen }: Checkpoint,
  inLog: readonly Read[],
  due: readonly (Named & Entry)[],
): string[] => {
  const stamps = new Set(inLog.map(({ named }) => named.stamp));
  const claimed = new Set(seen);
  const atOf = new Map(due.map(({ stamp, at }) => [stamp, at]));
  const missing = due.filter(
    ({ place, stamp }) => place !== null && place >= startOf(since) && place < startOf(from) && !stamps.has(stamp),
  );
  // What has no place in time is let go of once TMDB is no longer asked for the day under which it filed it.
  const isClaimed = ({ place, stamp }: Named): boolean => {
    if (place === null) return claimed.has(stamp) || (atOf.get(stamp) ?? 0) < startOf(from);
    return place >= startOf(since) && (place < startOf(from) || claimed.has(stamp));
  };
  return [
    ...seen.filter((stamp) => !stamps.has(stamp)).map((stamp) => `seen has ${stamp}, the log has not`),
    ...missing.map((each) => `[${since}, ${from}) holds ${label(each)}, the log does not`),
    ...inLog.filter(({ named }) => !isClaimed(named)).map(({ named }) => `${label(named)} is not claimed`),
  ];
};

const misclaimed = (
  { checkpoints, frontier }: Log,
  records: readonly Read[],
  due: ReadonlyMap<string, Named & Entry>,
): string[] => {
  const logged = Map.groupBy(records, ({ named }) => named.movieId);
  const dues = Map.groupBy(due.values(), ({ movieId }) => movieId);
  const movies = [...logged.keys(), ...checkpoints.keys(), ...(frontier === undefined ? [] : dues.keys())];
  return [...new Set(movies)].flatMap((movieId) => {
    const checkpoint = checkpoints.get(movieId) ?? frontier;
    if (checkpoint === undefined) return [`movie ${movieId}: in the log, without a checkpoint`];
    const claims = claimsOf(checkpoint, logged.get(movieId) ?? [], dues.get(movieId) ?? []);
    return claims.map((claim) => `movie ${movieId}: ${claim}`);
  });
};

/** The log against what was there to be published. */
export const compare = (log: Log, oracle: readonly Entry[], scope: Scope): Verdict => {
  const records = log.records.map((each) => ({ ...each, named: nameOf(changeOf(each)) }));
  const due = dueOf(oracle, scope);
  const there = new Set(records.map(({ named }) => identity(named)));
  return {
    lost: [...due].filter(([name]) => !there.has(name)).map(([, each]) => label(each)),
    doubled: twice(records),
    outOfOrder: misordered(records),
    moved: misplaced(records, scope),
    notLossless: altered(records, new Map(oracle.map((entry) => [identity(nameOf(entry)), entry]))),
    falseClaims: misclaimed(log, records, due),
    events: records.length,
  };
};

const prefixOf = (env: Env): string => env['TOPIC_PREFIX'] ?? 'tmdb.movie.';

const clientOf = (env: Env) => {
  const brokers = (env['KAFKA_BROKERS'] ?? process.env['KAFKA_BROKERS'] ?? '').split(',');
  const { log, onReset } = makeResets(() => undefined);
  const kafka = new kafkajs.Kafka({ brokers, logCreator: () => log, retry: { initialRetryTime: 50 } });
  const groupId = (): string => `audit-${randomUUID()}`;
  const deleteGroup = async (group: string): Promise<void> => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteGroups([group]).finally(async () => admin.disconnect());
  };
  const findRanges = makeFindRanges({ kafka, atMost, now: Date.now });
  return {
    findRanges,
    consume: makeConsume({ kafka, groupId, deleteGroup, findRanges, read: makeRead(onReset), atMost, rest }),
  };
};

/** What the checkpoints say in the end. */
const makeSaid = () => {
  const movies = new Map<number, Stored>();
  let frontier: Frontier | null = null;
  return {
    hear: (key: string, value: string | null): void => {
      const record = readCheckpointRecord(key, value);
      if (record.kind === 'frontier') ({ frontier } = record);
      if (record.kind !== 'movie') return;
      if (record.stored === null) movies.delete(record.movieId);
      else movies.set(record.movieId, record.stored);
    },
    all: (): Pick<Log, 'checkpoints' | 'frontier'> => {
      const whole = [...movies].map(([movieId, { since, from, seen }]) => {
        const days = { since: since ?? frontier?.since, from: from ?? frontier?.through, seen };
        if (days.since === undefined || days.from === undefined) throw new Error(`${movieId} has not both bounds`);
        return [movieId, days as Checkpoint] as const;
      });
      const checkpoints = new Map(whole);
      if (frontier === null) return { checkpoints };
      return { checkpoints, frontier: { since: frontier.since, from: frontier.through, seen: [] } };
    },
  };
};

/** Everything that is committed by now in all topics of an installation. */
export const readLog = async (env: Env): Promise<Log> => {
  const specs = declaredTopics(prefixOf(env), Number(env['PARTITIONS'] ?? 6)).filter(
    ({ schema }) => schema !== 'watermark.avsc',
  );
  const types = new Map(
    specs.map(({ topic, schema }) => [topic, schema && typeOf(readFileSync(`schemas/${schema}`, 'utf8'))]),
  );
  const { findRanges, consume } = clientOf(env);
  const records: Logged[] = [];
  const said = makeSaid();
  const take = ({ topic, partition, offset, key, value }: ConsumedRecord): void => {
    const type = types.get(topic);
    if (!type) {
      said.hear(key ?? '', value?.toString() ?? null);
      return;
    }
    if (value === null) throw new Error(`${topic}/${partition}@${offset} has no value`);
    const event = decode(type, value) as Logged['value'];
    records.push({ topic: topic.slice(prefixOf(env).length), partition, offset, value: event });
  };
  const ranges = await findRanges([...types.keys()], { at: 'beginning' }, { at: 'now' });
  const onRecords = async (all: readonly ConsumedRecord[]): Promise<void> => {
    all.forEach(take);
    return Promise.resolve();
  };
  await consume({ ranges, onRecords }, new AbortController().signal);
  return { records, ...said.all() };
};

/** START_DATE has to be set, unless everything is due; a WATCH in a file counts as all movies. */
export const scopeOf = (env: Env): Scope => ({
  start: env['START_DATE'] ?? '1970-01-01',
  movies: /^\d/.test(env['WATCH'] ?? '') ? new Set(env['WATCH']?.split(',').map(Number)) : null,
  partitions: Number(env['PARTITIONS'] ?? 6),
});

/** Reads all topics and compares them with what the simulator had to show. */
export const audit = async (env: Env, oracle: readonly Entry[]): Promise<Verdict> =>
  compare(await readLog(env), oracle, scopeOf(env));

/** The first few lines of each list: a failed expectation shows what is wrong, not how much text it takes. */
export const firstOf = (verdict: Verdict): Record<string, readonly string[]> => {
  const names = Object.keys(clean) as (keyof typeof clean)[];
  const short = (all: readonly string[]) => (all.length > 3 ? [...all.slice(0, 3), `… ${all.length} in all`] : all);
  return Object.fromEntries(names.map((name) => [name, short(verdict[name])]));
};

const clean = { lost: [], doubled: [], outOfOrder: [], moved: [], notLossless: [], falseClaims: [] };

export const expectClean = (verdict: Verdict): void => expect(firstOf(verdict)).toEqual(clean);
