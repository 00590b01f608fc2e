import { readFileSync } from 'node:fs';

/** A schema of ours as one line of JSON. Found beside `src` and beside `dist` alike. */
export const readSchema = (file: string): string =>
  JSON.stringify(JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8')));
