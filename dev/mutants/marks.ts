import type { Mutant } from './mutant.ts';

const stream = { file: 'src/library/stream-marks.ts', tests: ['library/stream-marks'] };
const incoming = { file: 'src/library/incoming-marks.ts', tests: ['library/stream-marks'] };
const claims = { file: 'src/core/schedule/claims.ts', tests: ['frontier'] };
const marks = { file: 'src/core/marks.ts', tests: ['frontier'] };

/** What a watermark would say that is not so, or before it is. */
export const ofMarks: readonly Mutant[] = [
  {
    name: 'a watermark handed out at once',
    ...stream,
    edits: [['while (!isPassed(course, seen)) await rest(lookMs, signal);', '']],
  },
  {
    name: 'a watermark passed at the ends of before it was seen',
    ...incoming,
    edits: [
      [
        'const watermark = await take();',
        'const ends = await findEnds().catch(() => []); const watermark = await take();',
      ],
      ['{ watermark, ends: await findEnds() }', '{ watermark, ends }'],
    ],
  },
  {
    name: 'a stream of watermarks ended by a broker’s outage',
    ...incoming,
    edits: [['if (!isAway(error)) throw error;', 'throw error;']],
  },
  {
    name: 'a watermark lost in a broker’s outage',
    ...incoming,
    edits: [['putBack(watermark);', '']],
  },
  {
    name: 'watermarks waited for in vain where Kafka refuses',
    ...incoming,
    edits: [['if (!isAway(error)) throw error;', '']],
  },
  {
    name: 'the last watermark looked for once it is known where the topics end',
    file: 'src/library/stream.ts',
    tests: ['library/stream-marks'],
    edits: [
      ['await marks.begin(); // before it is asked where the topics end', ''],
      [
        'if (group === undefined) return findRanges(topics, from, until);',
        'if (group === undefined) return findRanges(topics, from, until).then(async (all) => { await marks.begin(); return all; });',
      ],
    ],
  },
  {
    name: 'watermarks followed from before the last one that was read',
    ...stream,
    edits: [['start: range.high, end: null', 'start: range.high > 4n ? range.high - 4n : 0n, end: null']],
  },
  {
    name: 'a watermark does not wait for who cannot be read',
    file: 'src/core/schedule/candidates.ts',
    tests: ['frontier'],
    edits: [['if (isGone) {', 'if (isGone || candidate.failures > 1) {']],
  },
  {
    name: 'a watermark does not wait for polls that are under way',
    ...claims,
    edits: [
      ['leastKnown = ({ all, left }: State)', 'leastKnown = ({ all, left, underWay }: State)'],
      [
        'for (const { known } of all.values()) if (known < least) least = known;',
        'for (const { id, known } of all.values()) if (known < least && !underWay.has(id)) least = known;',
      ],
    ],
  },
  {
    name: 'a watermark does not wait for whom a list has just named',
    ...claims,
    edits: [['Math.min(candidate.known, Math.max(candidate.seen, bound))', 'Math.min(candidate.known, endAt)']],
  },
  {
    name: 'a watermark of other movies believed after a restart',
    ...marks,
    edits: [['const isOurs = last?.watch === watchOf(state);', 'const isOurs = last !== null;']],
  },
  {
    name: 'a watermark of other movies left standing after a restart',
    ...marks,
    edits: [['back: isOurs ? null : leastFrom(coverage, state)', 'back: null']],
  },
  {
    name: 'a watermark of other movies left standing while somebody enters',
    ...marks,
    tests: ['core/marking', 'frontier'],
    edits: [['given: last,', 'given: isOurs ? last : null,']],
  },
  {
    name: 'a watermark left standing while somebody comes back by the watch file',
    file: 'src/core/unmark.ts',
    tests: ['core/marking', 'frontier'],
    edits: [['if (back !== null) state.back = earlierOf(state.back ?? back, back);', '']],
  },
  {
    name: 'polls begun while a watermark is taken back',
    file: 'src/core/marking.ts',
    tests: ['core/marking'],
    edits: [['if (state.saying !== null) return { until: Infinity };', '']],
  },
  {
    name: 'a watermark taken back once more to a later day',
    file: 'src/core/unmark.ts',
    tests: ['core/marking'],
    edits: [['state.given = said ?? state.given;', '']],
  },
  {
    name: 'a watermark speaks for who is behind after a restart',
    ...marks,
    edits: [['state.behind === null ? Math.min(', 'state.coverage !== null ? Math.min(']],
  },
  {
    name: 'a watermark forgets who has entered',
    file: 'src/core/unmark.ts',
    tests: ['frontier'],
    edits: [['for (const movieId of back.movies) state.entered.add(movieId);', '']],
  },
  {
    name: 'a watermark is not taken back with the days that are opened again',
    file: 'src/core/marking.ts',
    tests: ['frontier'],
    edits: [['said: lower(state, state.coverage, { change: task.change, now })', 'said: null']],
  },
];
