// Numbers and how they are printed.
export interface Measured {
  readonly events: number;
  readonly seconds: number;
  /** User and system time of the whole process, its helper threads included. */
  readonly cpuSeconds: number;
}

export const measure = async (work: () => Promise<number> | number): Promise<Measured> => {
  const cpu = process.cpuUsage();
  const at = performance.now();
  const events = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { events, seconds: (performance.now() - at) / 1000, cpuSeconds: (user + system) / 1e6 };
};

export const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;

export const rateOf = ({ events, seconds }: Measured): number => events / seconds;
export const cpuOf = ({ events, cpuSeconds }: Measured): number => (cpuSeconds / events) * 100_000;

const thousands = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const whole = (value: number): string => thousands.format(value);

export const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(48)} ${value}\n`);

/** A value and its goal beside it; `most` and `least` say which side of the goal is good. */
export const against = (value: number, goal: { readonly least: number } | { readonly most: number }): string => {
  const isMet = 'least' in goal ? value >= goal.least : value <= goal.most;
  const sign = 'least' in goal ? `≥ ${goal.least}` : `≤ ${goal.most}`;
  return `${value.toFixed(2)} (goal ${sign}: ${isMet ? 'met' : 'NOT met'})`;
};
