import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = 'test/support/requirements.txt';

const install = async (home: string): Promise<void> => {
  await rm(home, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', home]);
  await run(`${home}/bin/pip`, ['install', '-q', '--disable-pip-version-check', '--retries', '1', '-r', requirements]);
  await writeFile(`${home}/complete`, '');
};

/** A Python that has Confluent's client, made once for each list of requirements; or why there is none. */
const findPython = async (): Promise<{ readonly python: string; readonly missing: string | null }> => {
  const id = createHash('sha256').update(await readFile(requirements));
  const home = `${process.cwd()}/.cache/python-${id.digest('hex').slice(0, 12)}`;
  const python = `${home}/bin/python`;
  if (existsSync(`${home}/complete`)) return { python, missing: null };
  try {
    await install(home);
    return { python, missing: null };
  } catch (error) {
    const [last = ''] = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .slice(-1);
    return { python, missing: `Confluent's client for Python cannot be installed: ${last}` };
  }
};

export const { python, missing } = await findPython();
