import { layout, type Screen, type Style } from './display.ts';
import { causesOf, ServiceError, type FaultCode } from './errors.ts';

/** What was found by one check. `warn`: worth a look, and nothing that fails. */
export interface Check {
  readonly name: string;
  readonly ok: boolean | 'warn';
  readonly detail: string;
  /** What mends it: a command, or a setting. */
  readonly fix: string | null;
}

export const good = (name: string, detail: string): Check => ({ name, ok: true, detail, fix: null });
export const warn = (name: string, detail: string, fix: string | null = null): Check => ({
  ...{ name, ok: 'warn', detail, fix },
});
export const bad = (name: string, detail: string, fix: string | null): Check => ({ name, ok: false, detail, fix });

/** What was not looked at, since it needs something that is wrong. */
export const skipped = (name: string, why: string): Check => warn(name, `not checked: ${why}`);

const provision = 'tmdb-cdc provision';

const fixes: Partial<Record<FaultCode, string>> = {
  TMDB_UNAUTHORIZED: 'TMDB_TOKEN: set it to the API Read Access Token from the API page of your TMDB account',
  TMDB_UNAVAILABLE: 'TMDB_URL, HTTPS_PROXY: check them; an outage of TMDB is waited for by run',
  TMDB_UNREADABLE: 'TMDB_URL, HTTPS_PROXY: check what answers there',
  TMDB_REFUSED: 'TMDB_URL, HTTPS_PROXY: check them',
  KAFKA_UNREACHABLE: 'KAFKA_BROKERS, KAFKA_SSL: check them, and that the brokers run',
  KAFKA_REFUSED: 'docs/security.md lists the rights and settings that are needed',
  REGISTRY_UNREACHABLE: 'SCHEMA_REGISTRY_URL: check it with its path, and that the registry runs',
  REGISTRY_REFUSED: 'SCHEMA_REGISTRY_URL, SCHEMA_REGISTRY_AUTH: check them; docs/security.md lists the rights',
  SCHEMA_MISSING: provision,
  TOPICS_MISSING: provision,
  TOPICS_DIFFER: `${provision} --dry-run`,
  CHECKPOINT_TOO_NEW: 'upgrade tmdb-cdc here: a newer version has worked with these topics',
  CHECKPOINT_UNREADABLE: 'TOPIC_PREFIX: set it to one that no other program writes to',
};

/** Whom each check waits for; the others wait for Kafka. */
const waitedFor: Readonly<Record<string, FaultCode>> = { tmdb: 'TMDB_UNAVAILABLE', schemas: 'REGISTRY_UNREACHABLE' };

/** A check that could not be done. */
export const failed = (name: string, error: unknown): Check => {
  if (error instanceof ServiceError) return bad(name, error.message, fixes[error.code] ?? null);
  const [{ name: kind, message } = { name: '', message: String(error) }] = causesOf(error);
  if (kind === 'TimeoutError')
    return bad(name, 'no answer in time', fixes[waitedFor[name] ?? 'KAFKA_UNREACHABLE'] ?? null);
  return bad(name, message.split('\n')[0] ?? '', kind === 'UsageError' ? 'docs/settings.md' : null);
};

/** Whether nothing is wrong. */
export const isSound = (checks: readonly Check[]): boolean => checks.every(({ ok }) => ok !== false);

const signs = { true: '✓', warn: '!', false: '✗' } as const;
const tones: Readonly<Record<string, Style>> = { true: 'green', warn: 'yellow', false: 'red' };
const nameWidth = 20;

const linesOf = ({ name, ok, detail, fix }: Check, { columns, paint }: Screen): string[] => {
  const sign = paint(tones[String(ok)] ?? 'dim', signs[`${ok}`]);
  const behind = { columns: columns === null ? null : columns - 2, paint };
  const beside = ok === 'warn' && fix !== null ? `${detail} → ${fix}` : detail;
  const first = `${sign} ${layout([{ text: name, width: nameWidth - 2 }, { text: beside }], behind)}`;
  // Never cut: it is there to be copied.
  const second = `${' '.repeat(nameWidth + 2)}${layout([{ text: `→ ${fix ?? ''}` }], { columns: null, paint })}`;
  return ok === false && fix !== null ? [first, second] : [first];
};

/** The checks for people. */
export const doctorLines = (checks: readonly Check[], screen: Screen): readonly string[] =>
  checks.flatMap((check) => linesOf(check, screen));

/** The checks for programs. */
export const doctorJson = (checks: readonly Check[]): string => JSON.stringify({ ok: isSound(checks), checks });
