import type { Mutant } from './mutant.ts';

const watchFile = { file: 'src/io/watch-file.ts', tests: ['io/watch-file'] };

/** What would follow the wrong movies. */
export const ofWatch: readonly Mutant[] = [
  {
    name: 'a watch file taken while it is written',
    ...watchFile,
    edits: [['if (file.stamp !== state.seen) return wait(state, file.stamp, options);', '']],
  },
  {
    name: 'a watch file taken that changed while it was read',
    ...watchFile,
    edits: [['if (stamp !== file.stamp) return wait(state, stamp, options);', '']],
  },
  {
    name: 'a replaced watch file not seen where size and times are the same',
    ...watchFile,
    edits: [['[about.dev, about.ino, about.size, about.mtimeNs, about.ctimeNs]', '[about.size, about.mtimeNs]']],
  },
  {
    name: 'a watch file that could not be read is not read again',
    ...watchFile,
    edits: [['{ ...calm, parsed: null }', '{ ...calm, parsed: stamp }']],
  },
  {
    name: 'changes of a watch file reckoned from the first list for ever',
    ...watchFile,
    edits: [['{ ...state, ids, said: null }', '{ ...state, said: null }']],
  },
  {
    name: 'a movie twice in a watch file is watched twice',
    file: 'src/core/watch.ts',
    tests: ['core/watch', 'config'],
    edits: [['sorted.some((id, at) => id === sorted[at - 1])', 'false']],
  },
];
