// Preloaded into a process whose clock a test sets: the offset in ms is read from CLOCK_FILE at each SIGUSR2.
import { readFileSync } from 'node:fs';

const Real = Date;
const file = process.env.CLOCK_FILE;
const read = () => Number(readFileSync(file, 'utf8'));
let offset = read();
process.on('SIGUSR2', () => {
  offset = read();
});

const now = () => Real.now() + offset;
globalThis.Date = new Proxy(Real, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
