import { readFile, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { misfit, unreadable } from '../core/text-file.ts';
import { changeOf, parseWatchFile, type WatchChange } from '../core/watch.ts';

type Say = (fields: object, message: string) => void;

export interface WatchFileOptions {
  readonly path: string;
  /** The list in force. The file may have changed since it was read. */
  readonly ids: readonly number[];
  readonly log: { readonly info: Say; readonly warn: Say };
  /** Told of every list that names other movies than the one before. */
  readonly onChange: (change: WatchChange) => void;
  /** Default: the whole file as UTF-8. */
  readonly readText?: (path: string) => Promise<string>;
  /** How often the file is looked at. Default: every 5 s. */
  readonly everyMs?: number;
  /** See `io/rest.ts`. Default: by a timer that keeps no process alive. */
  readonly rest?: (ms: number, signal: AbortSignal) => Promise<void>;
}

type Options = Required<WatchFileOptions>;

interface State {
  readonly ids: readonly number[];
  /** The stamp of the last look. */
  readonly seen: string | null;
  /** The stamp of the file whose text was parsed last, taken or not. */
  readonly parsed: string | null;
  /** What the last warning was about, null where nothing is wrong. */
  readonly said: string | null;
  /** Looks in a row that each saw another file. */
  readonly restless: number;
}

interface File {
  /** Another one whenever the file is another one: a replaced file has its own inode, a rewritten one its own times. */
  readonly stamp: string;
  readonly problem: string | null;
}

const uid = process.getuid?.();

const look = async (path: string): Promise<File> => {
  try {
    // A network file system tells nobody of changes, so it is asked; stat follows the links that Kubernetes swaps.
    const about = await stat(path, { bigint: true });
    const stamp = [about.dev, about.ino, about.size, about.mtimeNs, about.ctimeNs].join();
    return { stamp, problem: misfit({ isDirectory: about.isDirectory(), size: Number(about.size) }) };
  } catch (error) {
    const problem = unreadable(error, uid);
    return { stamp: problem, problem };
  }
};

type Text = { readonly text: string } | { readonly problem: string };

const read = async ({ path, readText }: Options): Promise<Text> => {
  try {
    return { text: await readText(path) };
  } catch (error) {
    return { problem: unreadable(error, uid) };
  }
};

/** The old list stays in force. One warning until the file or the problem is another. */
const refuse = (state: State, problems: readonly string[], { path, log }: Options): State => {
  const said = JSON.stringify([state.seen, problems]);
  if (said !== state.said)
    log.warn({ file: path, problems, movies: state.ids.length }, 'watch file not taken, the old list stays in force');
  return { ...state, said };
};

const take = (state: State, text: string, options: Options): State => {
  const { ids, problems } = parseWatchFile(text);
  if (problems.length > 0) return refuse(state, problems, options);
  const change = changeOf(state.ids, ids);
  const [added, removed] = [change.added.length, change.removed.length];
  const isOther = added + removed > 0;
  if (isOther || state.said !== null)
    options.log.info({ file: options.path, movies: ids.length, added, removed }, 'watch file taken');
  if (isOther) options.onChange(change);
  return { ...state, ids, said: null };
};

const mostRestlessMs = 60_000;

/** A file that is being written is left alone; one that is never the same twice would be left alone for ever. */
const wait = (state: State, seen: string, options: Options): State => {
  const restless = state.restless + 1;
  if (restless * options.everyMs < mostRestlessMs) return { ...state, seen, restless };
  const problem = `it keeps changing: it is read once it is the same for ${options.everyMs / 1000} s`;
  return { ...refuse({ ...state, seen: null }, [problem], options), seen, parsed: null, restless };
};

/** One look: a file that is as it was one look ago, and still is after it was read, is parsed once. */
const next = async (state: State, options: Options, signal: AbortSignal): Promise<State> => {
  const lookAgain = async (): Promise<File> => {
    const file = await look(options.path);
    signal.throwIfAborted();
    return file;
  };
  const file = await lookAgain();
  if (file.stamp !== state.seen) return wait(state, file.stamp, options);
  if (file.stamp === state.parsed) return { ...state, restless: 0 };
  const found = file.problem === null ? await read(options) : { problem: file.problem };
  const { stamp } = await lookAgain();
  if (stamp !== file.stamp) return wait(state, stamp, options);
  const calm = { ...state, restless: 0 };
  if ('problem' in found) return refuse({ ...calm, parsed: null }, [found.problem], options); // read again: it may heal
  return take({ ...calm, parsed: stamp }, found.text, options);
};

const follow = async (options: Options, signal: AbortSignal): Promise<void> => {
  let state: State = { ids: options.ids, seen: null, parsed: null, said: null, restless: 0 };
  try {
    for (;;) {
      await options.rest(options.everyMs, signal);
      state = await next(state, options, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};

const defaults = {
  readText: async (path: string): Promise<string> => readFile(path, 'utf8'),
  everyMs: 5000,
  rest: async (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { ref: false, signal }),
};

/** Looks at a watch file again and again until it is closed; after that nothing is told any more. */
export const makeWatchFile = (options: WatchFileOptions): { readonly close: () => void } => {
  const over = new AbortController();
  void follow({ ...defaults, ...options }, over.signal); // rejects where onChange throws: a bug of ours ends the process
  return { close: () => over.abort() };
};
