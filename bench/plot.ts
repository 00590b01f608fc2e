// Mean delay over budget, as an SVG of both scales logarithmic.
interface Point {
  readonly requestsPerSecond: number;
  readonly ours: number;
  readonly turns: number;
  readonly all: number;
}

const [width, height, left, bottom] = [640, 360, 70, 40];
const marks = [
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3600, '1 h'],
  [86_400, '1 d'],
  [604_800, '7 d'],
] as const;
const lines = [
  ['ours', '#0b6e4f', 'the plan'],
  ['turns', '#c0392b', 'list, then in turn'],
  ['all', '#555', 'every movie in turn'],
] as const;

const xOf = (rate: number): number => left + (Math.log(rate) / Math.log(40)) * (width - left - 140);
const yOf = (seconds: number): number =>
  height - bottom - (Math.log(seconds / 10) / Math.log(70_000)) * (height - bottom - 20);
const at = (rate: number, seconds: number): string => `${xOf(rate).toFixed(1)},${yOf(seconds).toFixed(1)}`;

const grid = (): string[] =>
  marks.flatMap(([seconds, name]) => [
    `<path d="M${left},${yOf(seconds).toFixed(1)}H${width - 130}" stroke="#ddd"/>`,
    `<text x="${left - 8}" y="${(yOf(seconds) + 4).toFixed(1)}" text-anchor="end">${name}</text>`,
  ]);

export const draw = (points: readonly Point[]): string => {
  const last = points.at(-1);
  const drawn = lines.flatMap(([line, colour, name]) => [
    `<polyline points="${points.map((point) => at(point.requestsPerSecond, point[line])).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${width - 125}" y="${(yOf(last?.[line] ?? 10) + 4).toFixed(1)}" fill="${colour}">${name}</text>`,
  ]);
  const rates = points.map(
    ({ requestsPerSecond: rate }) =>
      `<text x="${xOf(rate).toFixed(1)}" y="${height - 20}" text-anchor="middle">${rate}</text>`,
  );
  const title = `<text x="${(width - 70) / 2}" y="${height - 4}" text-anchor="middle">requests/s (mean delay, a million movies, bursts)</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<!-- written by bench/freshness.ts -->',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...grid(),
    ...drawn,
    ...rates,
    title,
    '</svg>',
    '',
  ].join('\n');
};
