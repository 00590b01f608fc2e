/** A series of a scrape. */
export interface Series {
  readonly name: string;
  /** As it stands between the braces. */
  readonly labels: string;
  readonly value: number;
}

/** What a scrape says, and what it says of each metric. */
export const readScrape = (text: string) => {
  const lines = text.split('\n').filter((line) => line !== '');
  const about = (what: string): Map<string, string> =>
    new Map(
      lines
        .map((line) => new RegExp(`^# ${what} (\\S+) (.*)$`).exec(line))
        .flatMap((found) => (found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const])),
    );
  const series = lines
    .filter((line) => !line.startsWith('#'))
    .map((line): Series => {
      const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return { name, labels, value: Number(value) };
    });
  return { types: about('TYPE'), helps: about('HELP'), series };
};

/** The value of one series; undefined where there is none. */
export const valueOf = (text: string, name: string, labels = ''): number | undefined =>
  readScrape(text).series.find((each) => each.name === name && each.labels === labels)?.value;
