import { z } from 'zod';
import { mechanism, registryAuth } from './credentials.ts';
import { ServiceError } from './errors.ts';
import type { Topic } from './map.ts';
import type { LogLine, Position, Skipped } from './options.ts';
import type { From, Offsets, Until } from './positions.ts';
import { declaredTopics, eventTopics } from './topics.ts';
import { brokers, registryUrl, topicPrefix } from './values.ts';

const known = Object.keys(eventTopics) as Topic[]; // a row of the table each, and other
const position = z.record(
  z.string().regex(/^.+\/\d+$/, 'is not topic/partition'),
  z.string().regex(/^\d{1,19}$/, 'is not an offset'),
);
const date = z.date();
const offset = z.bigint().min(0n, 'is not an offset');
const pem = z.string('is not PEM').regex(/-----BEGIN /, 'is not PEM');
const text = z.string('is not a text').min(1, 'is empty');
const sasl = 'is not { mechanism, username, password }';
const address = 'is not host:port, or a list of such';
const callback = <T>() => z.custom<(value: T) => void>((value) => typeof value === 'function', 'is not a function');

const form = z
  .strictObject({
    brokers: z.union([z.string(), z.array(z.string()).transform((all) => all.join(','))], address).pipe(brokers),
    registry: z.string('is not an address').pipe(registryUrl),
    ssl: z
      .union(
        [z.boolean(), z.strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() })],
        'is not true, false or { ca, cert, key } in PEM',
      )
      .refine((ssl) => typeof ssl === 'boolean' || (ssl.cert === undefined) === (ssl.key === undefined), {
        message: 'has cert or key, and not the other',
      })
      .default(false),
    sasl: z.strictObject({ mechanism, username: text, password: text }, sasl).optional(),
    registryAuth: registryAuth.optional(),
    registryCa: pem.optional(),
    keys: z
      .array(z.enum(known, `is not one of ${known.join(', ')}`), 'is not a list of change keys')
      .min(1, 'is empty: leave it out for every key')
      .optional(),
    topics: z
      .array(z.string().regex(/^[\w.-]{1,249}$/, "is not a topic's name"), 'is not a list of topics')
      .min(1, 'is empty: leave it out for every key')
      .optional(),
    prefix: topicPrefix.default('tmdb.movie.'),
    from: z
      .union(
        [z.enum(['beginning', 'end']), date, offset, position],
        'is not beginning, end, a date, a bigint or a position',
      )
      .default('beginning'),
    until: z.union([z.literal('now'), date, offset, position], 'is not now, a date, a bigint or a position').optional(),
    group: z
      .string('is not a text')
      .regex(
        /^(?!tmdb-cdc\/).{1,249}$/,
        "is not a name of 1 to 249 characters, or begins with tmdb-cdc/, the service's own",
      )
      .optional(),
    watermarks: z.boolean('is not true or false').default(false),
    signal: z.instanceof(AbortSignal, { error: 'is not an AbortSignal' }).optional(),
    onSkipped: callback<Skipped>().optional(),
    log: callback<LogLine>().optional(),
  })
  .refine(({ keys, topics }) => keys === undefined || topics === undefined, {
    message: 'goes without topics: one of the two',
    path: ['keys'],
  })
  .refine(({ watermarks, group }) => !watermarks || group === undefined, {
    message: 'goes without group: a member does not see how far the others are',
    path: ['watermarks'],
  });
type Parsed = z.output<typeof form>;

const offsetsOf = (all: Position): Offsets => new Map(Object.entries(all).map(([name, text]) => [name, BigInt(text)]));

const untilOf = (until: Parsed['until']): Until | undefined => {
  if (until === undefined) return undefined;
  if (until === 'now') return { at: 'now' };
  if (typeof until === 'bigint') return { at: 'offset', offset: until };
  return until instanceof Date ? { at: 'time', ms: until.getTime() } : { at: 'position', position: offsetsOf(until) };
};

const fromOf = (from: Parsed['from']): From => {
  if (from === 'beginning' || from === 'end') return { at: from };
  if (typeof from === 'bigint') return { at: 'offset', offset: from };
  return from instanceof Date
    ? { at: 'time', ms: Math.max(0, from.getTime()) } // -1 and -2 are Kafka's words for the ends
    : { at: 'position', position: offsetsOf(from), elsewhere: { at: 'beginning' } };
};

/** Options as they are meant. Throws BAD_OPTIONS with all that is wrong. */
export const readOptions = (options: unknown) => {
  const parsed = form.safeParse(options);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
    throw new ServiceError('BAD_OPTIONS', `changes() cannot be used like this: ${problems.join('; ')}`);
  }
  const { keys, topics, prefix, from, until, ssl, ...rest } = parsed.data;
  const all = [...new Set(topics ?? (keys ?? known).map((key) => `${prefix}${key}`))];
  if (all.length > 1 && (typeof from === 'bigint' || typeof until === 'bigint'))
    throw new ServiceError(
      'BAD_OPTIONS',
      `an offset is one of one topic, and there are ${all.length}: give a position`,
    );
  return {
    ...rest,
    ssl: ssl === true ? {} : ssl === false ? null : ssl,
    prefix,
    topics: all,
    from: fromOf(from),
    until: untilOf(until),
    /** As given, for who has not begun. */
    position: typeof from === 'object' && !(from instanceof Date) ? from : {},
  };
};
export type Wanted = ReturnType<typeof readOptions>;

/** The prefix of what is read, by the longest name that its first topic ends with: `original_title` ends with `title`. */
export const prefixOf = ({ topics: [first = ''], prefix }: Pick<Wanted, 'topics' | 'prefix'>): string => {
  if (first.startsWith(prefix)) return prefix;
  const names = declaredTopics('', 1).flatMap(({ topic }) => (first.endsWith(topic) ? [topic.length] : []));
  return names.length === 0 ? prefix : first.slice(0, -Math.max(...names));
};
