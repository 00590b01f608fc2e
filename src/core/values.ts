import { z } from 'zod';
import { isDay, type Day } from './time.ts';

/** How a person writes a value in the environment, and what is wrong with it, in words that follow its name. */
const text = z.string();

export const refuse = (ctx: z.core.$RefinementCtx, message: string): never => {
  ctx.addIssue({ code: 'custom', message, input: undefined });
  return z.NEVER;
};

/** Plain decimal digits. */
export const whole = (min: number, max: number) =>
  text.transform((value, ctx) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : refuse(ctx, `is not a whole number from ${min} to ${max}`);
  });

/** The first day of TMDB's log of changes. */
const firstHistoryDay: Day = '2012-10-05';

/** A UTC day whose changes TMDB may still tell. */
export const historyDay = (today: Day) =>
  text.transform((value, ctx) => {
    if (!isDay(value)) return refuse(ctx, 'is not a day that exists, written YYYY-MM-DD');
    if (value < firstHistoryDay)
      return refuse(ctx, `lies before ${firstHistoryDay}, where TMDB's log of changes begins`);
    return value > today ? refuse(ctx, `lies after today (${today}, UTC)`) : value;
  });

export const isQuoted = (value: string): boolean => /^(["'‘’“”`]).*\1$|^["'‘“].*["'’”]$/s.test(value);

/** A JSON Web Token, with or without `Bearer` in front. */
export const token = text.transform((value, ctx) => {
  if (isQuoted(value)) return refuse(ctx, 'begins and ends with a quotation mark: leave the quotes out');
  const bare = value.replace(/^Bearer\s+/i, '');
  if (/^[0-9a-f]{32}$/i.test(bare)) {
    return refuse(
      ctx,
      'is the short API key: copy the API Read Access Token, the long one below it, from the API page of your TMDB account',
    );
  }
  return /^[\x21-\x7e]+$/.test(bare)
    ? bare
    : refuse(ctx, 'holds a blank, a line break or a character that no token has');
});

const asUrl = (value: string): URL | null => (URL.canParse(value) ? new URL(value) : null);

const urlProblem = (url: URL | null): string | null => {
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return 'is not a URL that begins with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'holds a user or a password: leave them out';
  return url.search === '' && url.hash === ''
    ? null
    : 'has something behind the path: leave out what begins with ? or #';
};

const withoutSlash = (url: URL): string => url.href.replace(/\/+$/, '');

/** Loopback, or a name without a dot, as in a compose network. */
export const isNear = (host: string): boolean =>
  host === '[::1]' || !/[.:]/.test(host) || /^127\.\d+\.\d+\.\d+$/.test(host);

/** The token goes there: over plain http only to loopback or to a name without a dot, as in a compose network. */
export const tmdbUrl = text.transform((value, ctx) => {
  const url = asUrl(value);
  const problem = urlProblem(url);
  if (problem !== null || url === null) return refuse(ctx, problem ?? '');
  if (url.protocol === 'http:' && !isNear(url.hostname))
    return refuse(ctx, 'would send the token unencrypted: use https');
  return /\/3\/*$/.test(url.pathname)
    ? withoutSlash(url)
    : refuse(ctx, "does not end in /3, the version of TMDB's API");
});

export const registryUrl = text.transform((value, ctx) => {
  const url = asUrl(value);
  if (url !== null && url.username + url.password !== '')
    return refuse(ctx, 'holds a user or a password: put them into SCHEMA_REGISTRY_AUTH');
  const problem = urlProblem(url);
  return problem === null && url !== null ? withoutSlash(url) : refuse(ctx, problem ?? '');
});

const isBroker = (piece: string): boolean => {
  const [, port] = /^[A-Za-z0-9._-]+:(\d{1,5})$/.exec(piece) ?? [];
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536;
};

export const brokers = text.transform((value, ctx) => {
  const pieces = value
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
  const wrong = pieces.find((piece) => !isBroker(piece));
  if (pieces.length === 0) return refuse(ctx, 'names no broker: host:port, separated by commas');
  if (wrong === undefined) return pieces;
  if (wrong.includes('@')) return refuse(ctx, 'one entry is not host:port (it holds an @)');
  const hint = wrong.includes('[') ? ' (give an IPv6 address a name)' : '';
  return refuse(ctx, `${JSON.stringify(wrong)} is not host:port${hint}`);
});

/** An IP address or a name, as a server listens on it; an IPv6 address with or without its brackets. */
export const listenHost = text.transform((value, ctx) => {
  const bare = value.replace(/^\[(.+)\]$/, '$1');
  return /^[A-Za-z0-9.-]+$|^[0-9A-Fa-f:.]+$/.test(bare)
    ? bare
    : refuse(ctx, 'is not an IP address or a name, without a port: 127.0.0.1, 0.0.0.0, ::1');
});

const listens = whole(0, 65_535);
export const listenPort = text.transform((value, ctx) => {
  if (/^off$/i.test(value)) return 'off' as const;
  const port = listens.safeParse(value);
  return port.success ? port.data : refuse(ctx, 'is not a whole number from 0 to 65535, or off');
});

/** What Kafka allows in a topic's name, short enough that the longest name still fits into 249 characters. */
export const topicPrefix = text.regex(
  /^[A-Za-z0-9._-]{0,200}$/,
  'holds other characters than A-Z a-z 0-9 . _ - or more than 200',
);

export const isMovieId = (piece: string): boolean => /^[1-9]\d{0,9}$/.test(piece) && Number(piece) < 2 ** 31; // TMDB's largest is 2147483647
