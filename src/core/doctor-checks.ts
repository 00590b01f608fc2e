import { skewMs } from './checkpoint.ts';
import { bad, good, warn, type Check } from './doctor.ts';
import type { Difference, Subject, TopicReport } from './topics.ts';

const provision = 'tmdb-cdc provision';

/** At most so many names in a sentence. */
const most = 5;
const listOf = (names: readonly string[]): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');

/** Settings: every problem is a line of its own. `movies`: how many are watched. */
export const settingsChecks = (
  problems: readonly string[],
  about: { readonly movies: number | 'all'; readonly requestsPerSecond: number } | null,
): readonly Check[] => {
  const name = 'settings';
  if (problems.length > 0) return problems.map((problem) => bad(name, problem, 'docs/settings.md'));
  if (about === null) return [];
  const movies = about.movies === 'all' ? 'every movie' : `${about.movies} ${about.movies === 1 ? 'movie' : 'movies'}`;
  return [good(name, `${movies} watched, ${about.requestsPerSecond} requests/s`)];
};

const signed = (ms: number): string => `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1000).toFixed(1)} s`;

/** TMDB, which has answered. `offsetMs`: our clock less TMDB's, to the second; null where it told no time of its own. */
export const tmdbCheck = ({ ms, offsetMs }: { ms: number; offsetMs: number | null }): Check => {
  const clock = offsetMs === null ? 'clock not compared' : `clock ${signed(offsetMs)}`;
  const detail = `token good, ${Math.round(ms)} ms, ${clock}`;
  const off = Math.abs(offsetMs ?? 0);
  const fix = 'set the clock of this machine: timedatectl set-ntp true';
  if (off > skewMs) return bad('tmdb', `${detail} off TMDB's: run stops above ${skewMs / 60_000} minutes`, fix);
  return off > 30_000 ? warn('tmdb', `${detail} off TMDB's`, fix) : good('tmdb', detail);
};

interface Brokers {
  readonly brokers: number;
  readonly knowsTransactions: boolean;
  readonly hasCoordinator: boolean;
}

export const brokersCheck = ({ brokers, knowsTransactions, hasCoordinator }: Brokers): Check => {
  const [name, count] = ['kafka', brokers === 1 ? '1 broker' : `${brokers} brokers`];
  const broken = `${count}, but no transaction can be begun`;
  if (!knowsTransactions) return bad(name, `${broken}: this Kafka knows none`, 'Kafka 0.11 or newer is needed');
  const fix =
    'transaction.state.log.replication.factor: at most as many as there are brokers; or grant Describe and Write on the TransactionalId (docs/security.md)';
  return hasCoordinator ? good(name, `${count}, transactions`) : bad(name, `${broken}: no broker coordinates it`, fix);
};

/** Where these differ, events are deleted. */
const keeps = ['retention.ms', 'retention.bytes'];

const fixOf = ({ topic, name, actual, declared }: Difference, { brokers, isOfEvents }: TopicsAbout): string => {
  if (name === 'partitions')
    return isOfEvents(topic) ? `PARTITIONS=${actual}, or another TOPIC_PREFIX` : 'another TOPIC_PREFIX';
  const alter = `kafka-configs.sh --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${topic}`;
  return `${alter} --add-config ${name}=${declared}`;
};

const sayDifference = ({ topic, name, actual, declared }: Difference): string =>
  name === 'partitions'
    ? `${topic}: has ${actual} partitions, declared ${declared}`
    : `${topic}: ${name} is ${actual}, declared ${declared}`;

export interface TopicsAbout {
  /** For a command. */
  readonly brokers: string;
  readonly isOfEvents: (topic: string) => boolean;
}

/** The topics: what is missing, and each thing that differs. */
export const topicChecks = (report: TopicReport, count: number, about: TopicsAbout): readonly Check[] => {
  const name = 'kafka topics';
  const missing = report.missing.map(({ topic }) => topic);
  const differing = report.differing.map((each) => {
    const fails = each.isRefused || keeps.includes(each.name);
    return (fails ? bad : warn)(name, sayDifference(each), fixOf(each, about));
  });
  const absent =
    missing.length === 0
      ? []
      : [bad(name, `${missing.length} of ${count} are not there: ${listOf(missing)}`, provision)];
  const all = [...absent, ...differing];
  return all.length > 0 ? all : [good(name, `${count} topics, partitions and settings as declared`)];
};

const level = 'FULL_TRANSITIVE';

/** The schemas: ids and levels. */
export const schemaChecks = (subjects: readonly Subject[]): readonly Check[] => {
  const name = 'schemas';
  const namesOf = (all: readonly Subject[]): string => listOf(all.map(({ subject }) => subject));
  const missing = subjects.filter(({ isThere }) => !isThere);
  const loose = subjects.filter((each) => each.isThere && each.level !== level);
  const levels = [...new Set(loose.map((each) => each.level ?? 'not set'))].join(', ');
  const all = [
    ...(missing.length === 0
      ? []
      : [
          bad(name, `${missing.length} of ${subjects.length} subjects lack our schema: ${namesOf(missing)}`, provision),
        ]),
    ...(loose.length === 0
      ? []
      : [bad(name, `compatibility is ${levels}, declared ${level}: ${namesOf(loose)}`, provision)]),
  ];
  return all.length > 0 ? all : [good(name, `${subjects.length} subjects, ids known, ${level}`)];
};
