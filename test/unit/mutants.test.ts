import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { all } from '../../dev/mutants/all.ts';
import { plant } from '../../dev/mutants/mutant.ts';

// Planting them all takes an hour (`make mutants`), so it is seldom done; a source that has moved on shows here.
it.each(all.map((mutant) => [mutant.name, mutant] as const))('a bug that still fits the source: %s', (_, mutant) => {
  const sound = readFileSync(mutant.file, 'utf8');
  expect(plant(sound, mutant)).not.toBe(sound);
  for (const test of mutant.tests) expect(existsSync(`test/unit/${test}.test.ts`)).toBe(true);
});
