import { styleText } from 'node:util';
import { until, type Say } from './ready.ts';

/** Says where the page is once it is there, so that it stands out: it shows more than anything else of the demo. */
export const showPage = async (port: string, say: Say): Promise<void> => {
  const url = `http://127.0.0.1:${port}/`;
  const look = async (): Promise<void> => {
    const answer = await fetch(url);
    if (!(await answer.text()).includes('<title>')) throw new Error(`answers ${answer.status}`);
  };
  try {
    await until('the page', 20_000, look);
    const line = styleText(['bold', 'inverse'], ` Open ${url} to see the changes `, { stream: process.stderr });
    process.stderr.write(`\n  ${line}\n\n`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
};
