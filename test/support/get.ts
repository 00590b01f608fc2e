import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import { Agent } from 'undici';
import { makeGet } from '../../src/io/get.ts';
import type { Lane, Requested } from '../../src/core/tell.ts';
import { makeLimit } from '../../src/io/limit.ts';
import { unlessAborted, within } from '../../src/io/rest.ts';

export const never = new AbortController().signal;
const closers: (() => void)[] = [];
/** For `afterEach`. */
export const closeAll = (): void => closers.splice(0).forEach((close) => close());

/** A `get` to any address. Waiting takes no time, so that six attempts are over at once. */
export const getFrom = (url: string, { now = () => Date.now(), connections = 2 } = {}) => {
  const dispatcher = new Agent({ connections, allowH2: false });
  closers.push(() => void dispatcher.destroy());
  const waits: number[] = [];
  const rest = async (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const pauses: number[] = [];
  const limit = makeLimit({
    requestsPerSecond: 1000,
    connections,
    rest,
    unlessAborted,
    onClockSet: () => undefined,
    onThrottled: () => undefined,
  });
  const statuses: number[] = [];
  const told: Requested[] = [];
  const queue: (Lane | null)[] = [];
  const get = makeGet({
    dispatcher,
    url,
    token: 'secret-token',
    limit: { schedule: limit.schedule, pause: (ms) => pauses.push(ms) },
    rest,
    within,
    now,
    chance: () => 0.5,
    onRequest: (requested) => {
      told.push(requested);
      statuses.push(requested.status);
    },
    onWaiting: (lane) => {
      queue.push(lane);
      return () => void queue.push(null);
    },
  });
  return { get, waits, pauses, statuses, told, queue };
};

/** A `get` to a server of its own. */
export const startGet = async (listener: RequestListener, options: Parameters<typeof getFrom>[1] = {}) => {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return getFrom(`http://127.0.0.1:${(server.address() as AddressInfo).port}/3`, options);
};

export const fault = (code: string, message: RegExp = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

export const always =
  (status: number, text: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(text);
