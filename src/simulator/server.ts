import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { asJson, type Json } from '../core/json.ts';
import { editOf, exampleOf } from './edits.ts';
import { makeAnswer, type Answer } from './answers.ts';
import { faultForm, meets, noFault, send, type Fault } from './faults.ts';
import type { Quirk } from './list.ts';
import { makeRate, movieOf } from './rules.ts';
import { makeStore, type Store } from './store.ts';
import { makeRandom } from './world.ts';

const editForm = z.strictObject({
  movieId: z.int(),
  key: z.string(),
  item: z.unknown(),
  at: z.number(),
  visibleAt: z.number().optional(),
});

const forgottenForm = z.strictObject({ movieId: z.int(), id: z.string() });

export interface SimulatorOptions {
  readonly seed: number;
  readonly movies: readonly number[];
  readonly now: () => number;
  /** More in any second are refused, without a Retry-After. */
  readonly requestsPerSecond?: number;
  /** What the list of changes does besides what it promises. */
  readonly quirks?: readonly Quirk[];
}

/** A request as `/requests` tells it. Times in ms since 1970; without an end it is under way. */
export interface Asked {
  readonly startedAt: number;
  endedAt?: number;
  readonly url: string;
  readonly movieId: number | null;
  /** 0 where none was sent. */
  status: number;
  /** Requests in the second that this one ends. */
  readonly inLastSecond: number;
}

const bodyOf = async (request: IncomingMessage): Promise<Json> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set: chunks are bytes
  return asJson(Buffer.concat(chunks).toString());
};

const base = 'http://simulator';

interface State {
  readonly now: () => number;
  readonly store: Store;
  readonly faults: { readonly fault: Fault; left: number }[];
  readonly requests: Asked[];
  readonly countSecond: (now: number) => number;
  readonly answer: Answer;
}

const takeFault = ({ faults }: State, asked: Asked): Fault => {
  const found = faults.find(({ fault, left }) => left > 0 && meets(fault, asked));
  if (found === undefined) return noFault;
  found.left -= 1;
  return found.fault;
};

/** What tests and demos ask beside TMDB's own: true where it was that. */
const control = async (
  { now, store, faults, requests }: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> => {
  const route = `${request.method ?? ''} ${request.url ?? ''}`;
  const lines = (all: readonly object[]) => all.map((each) => `${JSON.stringify(each)}\n`).join('');
  if (route === 'GET /oracle') response.end(lines(store.all.filter(({ visibleAt }) => visibleAt <= now())));
  else if (route === 'GET /requests') response.end(lines(requests));
  else if (route === 'GET /faults') response.end(lines(faults.filter(({ left }) => left > 0)));
  else if (route === 'POST /edits') {
    const { visibleAt, item, ...edit } = editForm.parse(await bodyOf(request));
    store.add({ ...edit, item: item as Json, visibleAt: visibleAt ?? edit.at }); // it came out of JSON
    response.end();
  } else if (route === 'POST /forget') {
    const { movieId, id } = forgottenForm.parse(await bodyOf(request));
    store.forget(movieId, id);
    response.end();
  } else if (route === 'POST /faults') {
    const fault = faultForm.parse(await bodyOf(request));
    faults.push({ fault, left: fault.times });
    response.end();
  } else return false;
  return true;
};

/** Notes the request from its beginning to its end, whichever side ends it. */
const note = ({ now, requests, countSecond }: State, url: string, response: ServerResponse): Asked => {
  const startedAt = now();
  const movieId = movieOf(new URL(url, base).pathname);
  const asked: Asked = { startedAt, url, movieId, status: 0, inLastSecond: countSecond(performance.now()) };
  requests.push(asked);
  response.once('close', () => (asked.endedAt = now()));
  return asked;
};

const handle = async (state: State, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (await control(state, request, response)) return;
  const asked = note(state, request.url ?? '/', response);
  const fault = takeFault(state, asked);
  const { authorization = '' } = request.headers;
  const reply = (): void => {
    const given = fault.given ?? state.answer(asked, { ...fault, authorization });
    if (fault.stall === 'headers') return;
    asked.status = given.status;
    const date = new Date(state.now()).toUTCString(); // by the world's clock, as the answer is
    send(response, given, { date, ...fault });
  };
  await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  reply();
};

/** TMDB's change endpoints for movies, and beside them `/oracle`, `/requests`, `/edits`, `/forget` and `/faults`. */
export const makeSimulator = ({ seed, movies, now, ...rules }: SimulatorOptions) => {
  const random = makeRandom(seed);
  const store = makeStore(movies.flatMap((movieId) => exampleOf(movieId, now(), random)));
  const answer = makeAnswer({ requestsPerSecond: 40, quirks: [], ...rules, now, store });
  const state: State = { now, store, faults: [], requests: [], countSecond: makeRate(), answer };
  const server = createServer((request, response) => {
    handle(state, request, response).catch(() => response.writeHead(400).end('{}'));
  });
  server.maxConnections = 20; // TMDB's CDN allows no more to one address
  return { server, edit: (movieId: number): void => store.add(editOf(movieId, now(), random)) };
};
