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

/** A page without its fenced blocks. */
export const proseOf = (text: string): string => text.replace(fences, '');

/** What stands in backticks in prose, on one line. */
export const inlineOf = (prose: string): readonly string[] =>
  [...prose.matchAll(/`((?:[^`\n]|\n(?!\n))+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));

/** The comments of a YAML file, as prose: what is indented in them is a command. */
export const commentsOf = (yaml: string): string =>
  [...yaml.replaceAll(/\\\n\s*# */g, '').matchAll(/^\s*# (.*)$/gm)]
    .map(([, line = '']) => line.replace(/^ +(.+)$/, '\n`$1`\n'))
    .join('\n');

/** The anchors that GitHub gives to the headings of a page. */
export const anchorsOf = (page: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(page).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = shown.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    let [anchor, more] = [slug, 0];
    while (anchors.has(anchor)) anchor = `${slug}-${(more += 1)}`;
    anchors.add(anchor);
  }
  return anchors;
};

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
