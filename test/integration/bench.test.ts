import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

it('what the benches take of the build is there', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['bench/build.ts'], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stderr).toBe('');
});
