// Which functions of a process take its time, by V8's own samples of the main thread.
import { Session, type Profiler } from 'node:inspector/promises';

type Nodes = Profiler.Profile['nodes'];
type Frame = Nodes[number]['callFrame'];

const fileOf = ({ url }: Frame): string => url.replace(/^.*\/(?:node_modules\/|(?=(?:dist|bench)\/))/, '');

/** The owner tells on whose behalf what has no file of its own was done. */
const nameOf = (frame: Frame, owner: string): string => {
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
  if (name === owner) return name;
  return frame.url === '' ? `${name}  native, for ${owner}` : `${name}  ${fileOf(frame)}:${frame.lineNumber + 1}`;
};

/** dist, bench, or the package; Node's own and V8's are their caller's, if it has one. */
const ownersOf = (nodes: Nodes): Map<number, string> => {
  const owners = new Map<number, string>();
  const children = new Map(nodes.map(({ id, children }) => [id, children ?? []]));
  const visit = (node: Nodes[number], above: string): void => {
    const { url, functionName } = node.callFrame;
    const [first = '', second = ''] = fileOf(node.callFrame).split('/');
    const outside = functionName.startsWith('(') && url === '' ? functionName : above;
    const own = first.startsWith('@') ? `${first}/${second}` : first;
    const owner = url === '' || url.startsWith('node:') ? outside : own;
    owners.set(node.id, owner);
    for (const child of children.get(node.id) ?? []) {
      const below = byId.get(child);
      if (below !== undefined) visit(below, owner === '(root)' ? 'node' : owner);
    }
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const [root] = nodes;
  if (root !== undefined) visit(root, 'node');
  return owners;
};

/** Per cent of the busy samples, the largest first. */
const sharesOf = ({ samples = [], timeDeltas = [] }: Profiler.Profile, names: ReadonlyMap<number, string>) => {
  const times = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  }
  for (const name of [...times.keys()].filter((each) => /^\((idle|program)\)|node:inspector:/.test(each)))
    times.delete(name);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
};

/** Samples from now on; what it gives ends that and tells the packages and the functions with most time of their own. */
export const startProfile = async (): Promise<(count: number) => Promise<string[]>> => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async (count) => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    const owners = ownersOf(profile.nodes);
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, owners.get(id) ?? '')]));
    const packages = sharesOf(profile, owners).slice(0, count);
    return ['by package', ...packages, 'by function', ...sharesOf(profile, names).slice(0, count)];
  };
};
