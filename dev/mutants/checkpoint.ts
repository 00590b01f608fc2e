import type { Mutant } from './mutant.ts';

const checkpoint = { file: 'src/core/checkpoint.ts', tests: ['core/checkpoint'] };
const reached = 'settled === null ? checkpoint.from : laterOf(checkpoint.from, dayOf(settled))';

/** What would be lost or doubled by other rules of what is new, and of how far a movie is published. */
export const ofCheckpoint: readonly Mutant[] = [
  {
    name: "position = newest item's time less the overlap",
    ...checkpoint,
    edits: [
      [
        reached,
        'outputs.length === 0 ? checkpoint.from : laterOf(checkpoint.from, dayOf(Math.max(...outputs.map((o) => o.place ?? 0)) - 172_800_000))',
      ],
    ],
  },
  {
    name: "position = newest item's stamp, older means seen",
    ...checkpoint,
    edits: [
      [
        'poll.outputs.filter(({ stamp }) => !seen.has(stamp))',
        'poll.outputs.filter(({ place }) => (place ?? 0) > Math.max(0, ...checkpoint.seen.map((s) => placeOf(s) ?? 0)))',
      ],
    ],
  },
  {
    name: 'seen pruned to the second, while windows start at midnight',
    ...checkpoint,
    edits: [['place >= startOf(from)', 'place >= Math.max(startOf(from), settled ?? 0)']],
  },
  {
    name: 'seen not carried from poll to poll',
    ...checkpoint,
    edits: [['[...checkpoint.seen, ...answered]', '[...answered]']],
  },
  {
    name: 'position jumps to now although the window was capped',
    ...checkpoint,
    edits: [['window.take.end === null ? reached : earlierOf(reached, window.take.end)', 'reached']],
  },
  {
    name: 'no overlap',
    file: 'src/pipeline.ts',
    tests: ['delivery'],
    edits: [['taken - overlapMs', 'taken']],
  },
  {
    name: 'start moves back when the overlap is lengthened',
    ...checkpoint,
    edits: [[reached, 'settled === null ? checkpoint.from : dayOf(settled)']],
  },
  {
    name: 'no dedupe within one answer',
    ...checkpoint,
    edits: [['return [...fresh.values()]', 'return poll.outputs.filter(({ stamp }) => fresh.has(stamp))']],
  },
  {
    name: 'identity = item id alone',
    file: 'src/core/stamp.ts',
    tests: ['core/checkpoint'],
    edits: [['secondOfId(id) === second ? id', 'second > 0 ? id']],
  },
  {
    name: 'rejected items dropped',
    file: 'src/core/parse.ts',
    tests: ['core/checkpoint', 'delivery'],
    edits: [
      [
        'all.filter(({ stamp }) => isTaken(placeOf(stamp), window))',
        "all.filter(({ stamp, kind }) => kind === 'item' && isTaken(placeOf(stamp), window))",
      ],
    ],
  },
  {
    name: 'stamp without time',
    file: 'src/core/stamp.ts',
    tests: ['core/checkpoint'],
    edits: [['`${Math.floor(ms / 1000)}-rejected-${hash}`', '`rejected-${hash}`']],
  },
  {
    name: "from by the window's end",
    ...checkpoint,
    edits: [['laterOf(checkpoint.from, dayOf(settled))', 'addDays(window.ask.end, -1)']],
  },
  {
    name: 'backfill that closes yesterday',
    ...checkpoint,
    edits: [['(settled === null || settled < startOf(take.end))', 'settled === null']],
  },
  {
    name: 'answer outside the window accepted',
    file: 'src/core/parse.ts',
    tests: ['core/parse'],
    edits: [['elsewhere * 2 > items.length', 'elsewhere * 2 > items.length * 2']],
  },
  {
    name: 'an item far outside the window holds a place in time',
    file: 'src/core/parse.ts',
    tests: ['core/parse'],
    edits: [['place === null || isFar(place, window)', 'place === null']],
  },
  {
    name: 'an older copy lets go of the stamp of an item without a place in time',
    file: 'src/core/checkpoint.ts',
    tests: ['core/checkpoint'],
    edits: [['cached || from === checkpoint.from', 'from === checkpoint.from']],
  },
];
