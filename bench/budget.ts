// How much of the set rate the service uses while there is work, against a TMDB that refuses what is 5 % over it in any
// second. The whole service, as it is run.
//   node dev/broker.ts node bench/budget.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from './child.ts';
import { print } from './measure.ts';
import { cli, provision } from './stage.ts';
import type { Count } from './feed.ts';

const rates = [20, 40] as const;
const seconds = 20;
/** A round trip to TMDB takes about so long. */
const delayMs = 80;

const use = async (rate: number): Promise<Count> => {
  const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
  const perSecond = Math.floor(rate * 1.05);
  const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer: 10, seed: 1, delayMs, perSecond });
  const env = {
    ...provision('budget'),
    TMDB_URL: url,
    TMDB_REQUESTS_PER_SECOND: String(rate),
    POLL_INTERVAL_SECONDS: '1',
    LOG_LEVEL: 'error',
    WATCH: Array.from({ length: 500 }, (_, at) => at + 1).join(','),
  };
  const service = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', cli, 'run'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const count = await feed.ask<Count>({ countForMs: seconds * 1000 });
  service.kill('SIGTERM');
  await once(service, 'exit');
  await feed.close();
  return count;
};

for (const rate of rates) {
  const { requests, refused, ms } = await use(rate);
  const used = (requests - 1) / (ms / 1000) / rate;
  print(
    `budget, ${rate} requests/s set`,
    `${(used * 100).toFixed(1)} % used (goal ≥ 97 %: ${used >= 0.97 ? 'met' : 'NOT met'}), ${refused} refused (goal 0), ${requests} requests`,
  );
}
