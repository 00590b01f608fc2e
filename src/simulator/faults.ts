import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { quirkNames } from './list.ts';
import { isList } from './rules.ts';

/** A status and a body. */
export interface Given {
  readonly status: number;
  readonly body: string | Buffer;
}

/** What a request can be made to meet instead of its answer, the next `times` times. */
const members = z.strictObject({
  times: z.int().positive().default(1),
  movieId: z.int().optional(),
  /** true: requests for the list alone; false: all others. */
  list: z.boolean().optional(),
  /** This page of the list, and the day with which the window begins. */
  page: z.int().optional(),
  day: z.string().optional(),
  /** What the list does, beside what it does anyway. */
  quirks: z.array(z.enum(quirkNames)).default([]),
  status: z.int().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  bodyBase64: z.string().optional(),
  delayMs: z.int().default(0),
  /** headers: no answer comes; body: half of it and no more; cut, reset: the connection ends or breaks in the middle. */
  stall: z.enum(['headers', 'body', 'cut', 'reset']).optional(),
  /** The body comes in pieces, one every 100 ms. */
  slowMs: z.int().default(0),
  ignoreDates: z.boolean().default(false),
  gzip: z.boolean().default(false),
  /** The answer is a copy of so many seconds ago, and says so. */
  ageSeconds: z.int().default(0),
  /** null: no Date at all. */
  date: z.string().nullable().optional(),
});

/** `given` replaces TMDB's own answer. */
export const faultForm = members.transform(({ status, body, bodyBase64, ...rest }) => {
  const isGiven = status !== undefined || body !== undefined || bodyBase64 !== undefined;
  const bytes = bodyBase64 === undefined ? (body ?? '{}') : Buffer.from(bodyBase64, 'base64');
  return { ...rest, given: isGiven ? { status: status ?? 200, body: bytes } : undefined };
});

export type Fault = z.output<typeof faultForm>;

export const noFault: Fault = faultForm.parse({});

/** Whether a fault is meant for a request. */
export const meets = ({ movieId, list, page, day }: Fault, asked: { url: string; movieId: number | null }): boolean => {
  const { pathname, searchParams } = new URL(asked.url, 'http://simulator');
  const isOfList = isList(pathname);
  return (
    (movieId === undefined || movieId === asked.movieId) &&
    (list === undefined || list === isOfList) &&
    (page === undefined || (isOfList && page === Number(searchParams.get('page') ?? 1))) &&
    (day === undefined || day === searchParams.get('start_date'))
  );
};

const headersOf = ({ gzip, ageSeconds, date, headers }: Fault): Record<string, string> => ({
  'content-type': 'application/json;charset=utf-8',
  'cache-control': 'public, max-age=600',
  ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  ...(ageSeconds > 0 ? { age: String(ageSeconds) } : {}),
  ...(typeof date === 'string' ? { date } : {}),
  ...headers,
});

const drip = (response: ServerResponse, bytes: Buffer, pieces: number): void => {
  if (pieces < 2) {
    response.end(bytes);
    return;
  }
  const size = Math.ceil(bytes.length / pieces);
  response.write(bytes.subarray(0, size));
  setTimeout(() => drip(response, bytes.subarray(size), pieces - 1), 100);
};

/** Sends an answer the way the fault says. */
export const send = (response: ServerResponse, { status, body }: Given, fault: Fault): void => {
  response.sendDate = false;
  response.writeHead(status, headersOf(fault));
  const bytes = fault.gzip ? gzipSync(body) : Buffer.from(body);
  if (fault.stall === undefined) {
    drip(response, bytes, fault.slowMs / 100);
    return;
  }
  response.write(bytes.subarray(0, bytes.length / 2));
  if (fault.stall === 'cut') setTimeout(() => response.destroy(), 20);
  if (fault.stall === 'reset') setTimeout(() => response.socket?.resetAndDestroy(), 20);
};
