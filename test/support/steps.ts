import { Session } from 'node:inspector/promises';

/**
 * Counts how many blocks of our own code run, by V8: the same on every machine, however busy. Each call and each turn of a
 * loop counts; what the engine does by itself (a sort of numbers, a copy) does not. Only what is imported after this began
 * is counted in full. The answer tells the steps since the last time.
 */
export const countSteps = async (): Promise<() => Promise<number>> => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const functions = result.filter(({ url }) => url.includes('/src/')).flatMap((script) => script.functions);
    return functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0);
  };
};
