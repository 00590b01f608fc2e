// Topics and schemas of a bench's own, and the clients of the service on them.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { dist, findSchemas, makeClients, makeLog, readConfig } from './build.ts';

export const cli = fileURLToPath(new URL('bin/main.js', dist));

/** The environment of the children of one bench, its topics provisioned. */
export const provision = (name: string): NodeJS.ProcessEnv => {
  const prefix = `bench-${name}-${randomBytes(4).toString('hex')}.`;
  const env = { ...process.env, NODE_OPTIONS: '', TOPIC_PREFIX: prefix, TMDB_TOKEN: 'any-token-will-do' };
  execFileSync(process.execPath, [cli, 'provision'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return env;
};

/** What the environment that `provision` made leads to. */
export const openStage = async () => {
  const world = { log: makeLog('silent'), now: () => Date.now(), chance: Math.random, randomId: randomUUID };
  const readText = (): string => {
    throw new Error('no file is read');
  };
  const config = readConfig(process.env, { now: world.now(), needed: [], readText });
  const clients = makeClients(config, world);
  return { config, clients, world, schemas: await findSchemas(clients) };
};

export type Stage = Awaited<ReturnType<typeof openStage>>;
