import { z } from 'zod';
import {
  certificates,
  combinationProblems,
  mechanism,
  privateKey,
  registryAuth,
  secretText,
  yesNo,
} from './core/credentials.ts';
import { unknownNames, withFiles, type Environment, type ReadText } from './core/environment.ts';
import { usageError } from './core/errors.ts';
import { dayOf } from './core/time.ts';
import {
  brokers,
  historyDay,
  listenHost,
  listenPort,
  registryUrl,
  tmdbUrl,
  token,
  whole,
  topicPrefix,
} from './core/values.ts';
import { watch } from './core/watch.ts';

/** Every setting: its value, its default and its meaning. `docs/settings.md` and `.env.example` come from here. */
export const settings = {
  TMDB_TOKEN: token
    .optional()
    .describe(
      "TMDB's API Read Access Token (the long one). Needed by run, backfill, audit; doctor says whether it is good.",
    ),
  TMDB_URL: tmdbUrl
    .default('https://api.themoviedb.org/3')
    .describe('https, or http to loopback or to a name without a dot; ends in /3.'),
  TMDB_REQUESTS_PER_SECOND: whole(1, 40).default(20).describe('Ceiling for all TMDB requests, retries included.'),
  TMDB_CONNECTIONS: whole(1, 20).default(10).describe('Most connections to TMDB at once.'),
  WATCH: watch
    .optional()
    .describe(
      'all, ids separated by commas, or @file, an id a line, read when it changes. Needed by run, backfill, doctor.',
    ),
  START_DATE: z
    .string() // judged below, where today is known
    .optional()
    .describe('First UTC day of a movie without a checkpoint; unset: the day on which it is first watched.'),
  OVERLAP_HOURS: whole(25, 264).default(48).describe('How long a day stays open for late items and cached answers.'),
  POLL_INTERVAL_SECONDS: whole(0, 86_400)
    .default(900)
    .describe('How often a movie with one change a day is asked; busier ones more often. 0: as the budget allows.'),
  KAFKA_BROKERS: brokers.default(['localhost:9092']).describe('host:port, separated by commas.'),
  KAFKA_SSL: yesNo.optional().describe('true: TLS to the brokers; unset: TLS where a KAFKA_SSL_…_FILE is set.'),
  KAFKA_SSL_CA_FILE: certificates
    .optional()
    .describe('PEM: who alone may sign for the brokers; unset: the public ones.'),
  KAFKA_SSL_CERT_FILE: certificates.optional().describe('PEM: our certificate, where the brokers want one.'),
  KAFKA_SSL_KEY_FILE: privateKey.optional().describe('PEM: its key, without a passphrase.'),
  KAFKA_SASL_MECHANISM: mechanism.optional().describe('plain, scram-sha-256 or scram-sha-512; unset: no login.'),
  KAFKA_SASL_USERNAME: secretText.optional().describe('User of that login.'),
  KAFKA_SASL_PASSWORD: secretText.optional().describe('Its password, blanks included; only a line end is left out.'),
  SCHEMA_REGISTRY_URL: registryUrl
    .default('http://localhost:8081')
    .describe('A Confluent-compatible registry, with its path.'),
  SCHEMA_REGISTRY_AUTH: registryAuth
    .optional()
    .describe('user:password (the first colon parts them), or a bearer token.'),
  SCHEMA_REGISTRY_CA_FILE: certificates.optional().describe('PEM: who alone may sign for it; unset: the public ones.'),
  TOPIC_PREFIX: topicPrefix
    .default('tmdb.movie.')
    .describe('In front of every topic. The one setting that may be set to nothing: no prefix.'),
  PARTITIONS: whole(1, 1000).default(6).describe('Partitions of the topics of events. Never changed afterwards.'),
  REPLICATION_FACTOR: whole(1, 100).optional().describe("Replicas of new topics; unset: the broker's default."),
  HTTP_HOST: listenHost
    .default('127.0.0.1')
    .describe('Address on which run answers the page, health, metrics and status, to read only; 0.0.0.0: everywhere.'),
  HTTP_PORT: listenPort.default(8090).describe('Its port; 0: a free one, which the log names; off: none.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'is not trace, debug, info, warn or error')
    .default('info')
    .describe('Lowest level that is logged.'),
} as const;

type SettingName = keyof typeof settings;
export type Config = Readonly<{ [Name in SettingName]: z.output<(typeof settings)[Name]> }>;

export type { Environment } from './core/environment.ts';

/** Settings that hold a secret and can be given as a file. */
export const secrets: readonly SettingName[] = ['TMDB_TOKEN', 'KAFKA_SASL_PASSWORD', 'SCHEMA_REGISTRY_AUTH'];

const secretFiles = secrets.map((name) => `${name}_FILE`);

const isRaw = (name: string): boolean => ['TOPIC_PREFIX', 'KAFKA_SASL_PASSWORD', 'SCHEMA_REGISTRY_AUTH'].includes(name);

export interface ReadOptions {
  /** Ms since 1970. */
  readonly now: number;
  /** Settings that this command cannot do without. */
  readonly needed: readonly SettingName[];
  readonly readText: ReadText;
}

/** The environment as settings. Throws one error that names everything that is wrong with it. */
export const readConfig = (env: Environment, options: ReadOptions): Config => {
  const [names, problems] = [Object.keys(settings), unknownNames(env, [...Object.keys(settings), ...secretFiles])];
  const texts = withFiles(env, { names, secrets, readText: options.readText }, problems);
  const values = Object.entries(settings).map(([name, setting]) => {
    const value = texts.get(name);
    if (value === undefined && options.needed.includes(name as SettingName))
      problems.push(`${name}: is needed, ${setting.description ?? ''}`);
    const parsed = setting.safeParse(isRaw(name) ? value : value?.trim());
    // A file that could not be read has been named already.
    if (!parsed.success && value !== '')
      problems.push(...parsed.error.issues.map(({ message }) => `${name}: ${message}`));
    return [name, parsed.data] as const;
  });
  const config = Object.fromEntries(values) as unknown as Config; // each parsed by its own row, or named in problems
  const start = historyDay(dayOf(options.now)).optional().safeParse(config.START_DATE);
  problems.push(...(start.error?.issues ?? []).map(({ message }) => `START_DATE: ${message}`));
  problems.push(...combinationProblems(texts));
  if (problems.length > 0) throw usageError(problems);
  return config;
};
