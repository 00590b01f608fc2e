import { readdirSync, readFileSync } from 'node:fs';

/** A fenced block of the README or of a page in docs/, with what the page says it prints. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** The block of text that follows at once. */
  readonly prints: string | null;
  /** Its first line. */
  readonly name: string;
}

export const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

const fences = /^```(\w*)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

export const blocks: readonly Block[] = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(fences)].map(([, language = '', text = '', prints = null]) => ({
    ...{ page, language, text, prints },
    name: text.slice(0, text.indexOf('\n')),
  })),
);

/** How many fences the pages have: two for each block, or one is written in a way that is not seen here. */
export const fenceCount = pages
  .map((page) => [...readFileSync(page, 'utf8').matchAll(/^\s*(```|~~~)/gm)].length)
  .reduce((sum, count) => sum + count, 0);

/** Matches what was printed: `…` stands for anything, each line for one of the lines, in their order. */
export const asPattern = (prints: string): RegExp => {
  const lines = prints
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split('…')
        .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*'),
    );
  return new RegExp(`^${lines.join('$[\\s\\S]*?^')}$`, 'm');
};
