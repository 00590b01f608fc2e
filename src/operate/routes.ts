import type { Health } from '../core/health.ts';
import { sayLive, sayReady } from '../core/probe.ts';
import type { Status } from '../core/status-json.ts';
import type { Handler } from '../io/serve.ts';
import type { Metrics } from './metrics.ts';

export interface RouteOptions {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly status: () => Status;
}

const plain = 'text/plain; charset=utf-8';

/** What a machine asks. `?verbose` lists all checks of a probe. */
export const makeRoutes = ({ health, metrics, status }: RouteOptions): Readonly<Record<string, Handler>> => {
  const probe =
    (say: typeof sayLive): Handler =>
    ({ url = '' }, response) => {
      const isVerbose = /\?(.*&)?verbose\b/.test(url);
      const { status: code, text } = say(health.read(performance.now()), isVerbose);
      response.writeHead(code, { 'Content-Type': plain }).end(text);
    };
  const scrape: Handler = (_, response) => {
    const answer = (text: string): void =>
      void response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
    metrics.text().then(answer, () => void response.writeHead(500, { 'Content-Type': plain }).end('no metrics\n'));
  };
  const tellStatus: Handler = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(status())}\n`);
  };
  return { '/livez': probe(sayLive), '/readyz': probe(sayReady), '/metrics': scrape, '/status': tellStatus };
};
