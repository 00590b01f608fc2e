// TMDB's shape with answers that are ready before they are asked for: never the slower side.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { answerWith } from './child.ts';
import { editOf, makeRandom } from './build.ts';

interface Listen {
  readonly itemsPerAnswer: number;
  readonly seed: number;
  /** How long an answer takes, in ms; and how many requests may come within any second: none is refused without. */
  readonly delayMs?: number;
  readonly perSecond?: number;
}

/** Requests from the first one on. */
export interface Count {
  readonly requests: number;
  readonly refused: number;
  /** From the first to the last. */
  readonly ms: number;
}

/** So many items are made; movies that are alike in their number modulo the answers get the same answer. */
const items = 100_000;

const answersOf = ({ itemsPerAnswer, seed }: Listen): Buffer[] => {
  const random = makeRandom(seed);
  const now = Date.now();
  const bodyOf = (): Buffer => {
    const entries = Array.from({ length: itemsPerAnswer }, () => editOf(1, now - random() * 3_600_000, random));
    const groups = [...Map.groupBy(entries, ({ key }) => key)];
    const changes = groups.map(([key, all]) => ({ key, items: all.map(({ item }) => item) }));
    return Buffer.from(JSON.stringify({ changes }));
  };
  return Array.from({ length: items / itemsPerAnswer }, bodyOf);
};

const arrivals: number[] = [];
let refused = 0;

/** Whether this request is one more than a second may have; what was refused counts, too. */
const isOver = (perSecond: number): boolean => {
  const now = performance.now();
  arrivals.push(now);
  const isLate = (arrivals.at(-1 - perSecond) ?? -Infinity) > now - 1000;
  if (isLate) refused += 1;
  return isLate;
};

const listen = async (question: Listen): Promise<{ url: string }> => {
  const { delayMs, perSecond } = question;
  const answers = answersOf(question);
  const server = createServer((request, response) => {
    const movieId = Number(/\/movie\/(\d+)\//.exec(request.url ?? '')?.[1]);
    const status = perSecond !== undefined && isOver(perSecond) ? 429 : 200;
    const body = status === 200 ? answers[movieId % answers.length] : Buffer.from('{}');
    response.writeHead(status, {
      'content-type': 'application/json;charset=utf-8',
      'cache-control': 'public, max-age=600',
      'content-length': body?.length ?? 0,
    });
    if (delayMs === undefined) response.end(body);
    else void setTimeout(delayMs).then(() => response.end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/3` };
};

const count = async (forMs: number): Promise<Count> => {
  while (arrivals.length === 0) await setTimeout(10);
  await setTimeout(forMs);
  return { requests: arrivals.length, refused, ms: (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0) };
};

answerWith(async (question: Listen | { readonly countForMs: number }) =>
  'countForMs' in question ? count(question.countForMs) : listen(question),
);
