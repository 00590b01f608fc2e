import type { Mutant } from './mutant.ts';

const publish = { file: 'src/io/publish.ts' };
const session = { file: 'src/session.ts', tests: ['delivery'] };
const loop = { file: 'src/loop.ts', tests: ['delivery'] };

const own = 'ofMovie(movieId, coverage.writing(movieId, checkpoint))';
const publishUnit = `publish([...records, ${own}, ...watermarks.recordsOf(said)])`;
const openSession = 'session = await options.openSession(signal);';
const sendAll = 'await sendAll(transaction, sendsOf(records, leaders), orSilence);';
const begin = 'const transaction = await orSilence(producer.transaction());';
const resolveAll = '() => parts.forEach(({ resolve }) => resolve(undefined)),';
const rejectAll = 'parts.forEach(({ reject }) => reject(fault))';

/** What would be lost or doubled by other ways from what is new into the log. */
export const ofDelivery: readonly Mutant[] = [
  {
    // In the same producer it does nothing: kafkajs lets nobody begin or commit again after a failure.
    name: 'publish retried in place after an unknown outcome',
    ...session,
    edits: [
      [
        publishUnit,
        `${publishUnit}.catch(async () => {
          const leaders = await checkTopics(clients, config, world);
          const next = makeProducer(clients.kafka, transactionalIdOf(config.TOPIC_PREFIX), leaders);
          return makePublish(next, leaders, { transactionalId: 'x' })([...records, ${own}]);
        })`,
      ],
    ],
  },
  {
    name: 'records first, checkpoint second',
    ...session,
    edits: [[publishUnit, `publish(records).then(async () => publish([${own}]))`]],
  },
  {
    name: 'checkpoint first, records second',
    ...session,
    edits: [[publishUnit, `publish([${own}]).then(async () => publish(records))`]],
  },
  {
    name: 'no record at entry',
    ...session,
    file: 'src/core/records.ts',
    edits: [['...movies.map(([movieId, stored]) => ofMovie(movieId, stored)),', '']],
  },
  {
    name: 'fence missing: checkpoints read before it',
    ...session,
    edits: [['await publish([]);', '']],
  },
  {
    name: 'remembered checkpoints kept over a failed session',
    ...loop,
    edits: [
      [
        openSession,
        `const opened = await options.openSession(signal);
         session = { ...opened, coverage: (options.kept ??= opened.coverage) };`,
      ],
    ],
  },
  {
    // The old session's publish is dead, and its end waits for all that is under way: either alone does no harm.
    name: 'polled under the old session, published by the new one',
    ...loop,
    edits: [
      [openSession, 'session = options.steps.latest = await options.openSession(signal);'],
      [
        'makePerform(options, session, either)',
        'makePerform(options, { ...session, publish: async (...unit) => steps.latest.publish(...unit) }, either)',
      ],
      [
        'await withGrace(graceMs, signal, Promise.all(running));',
        'if (!halt.signal.aborted) await withGrace(graceMs, signal, Promise.all(running));',
      ],
    ],
  },
  {
    name: "a movie's unit split over two transactions",
    ...publish,
    tests: ['delivery', 'io/publish'],
    edits: [
      [begin, 'let transaction = await producer.transaction();'],
      [
        sendAll,
        `for (const each of sendsOf(records, leaders)) {
          await sendAll(transaction, [each], orSilence);
          await transaction.commit();
          transaction = await producer.transaction();
        }`,
      ],
    ],
  },
  {
    name: 'commit not awaited',
    ...publish,
    tests: ['delivery', 'io/publish'],
    edits: [['await orSilence(transaction.commit());', 'void transaction.commit().catch(() => undefined);']],
  },
  {
    name: 'false acknowledgement accepted',
    ...publish,
    tests: ['delivery', 'io/publish'],
    edits: [["errorCode === 0 && (logAppendTime ?? '-1') === '-1'", 'errorCode === 0']],
  },
  {
    name: 'acknowledgement of fewer partitions accepted',
    ...publish,
    tests: ['io/publish'],
    edits: [['results.length === sent.size && [...sent].every', '[...confirmed].every']],
  },
  {
    name: 'gathering that resolves a publish before its commit',
    ...publish,
    tests: ['delivery', 'io/publish'],
    edits: [['    await promise;', '    void promise.catch(() => undefined);']],
  },
  {
    name: "one rejected unit's neighbours resolved",
    ...publish,
    tests: ['delivery', 'io/publish'],
    edits: [[rejectAll, 'parts.forEach(({ resolve, reject }, at) => (at === 0 ? reject(fault) : resolve(undefined)))']],
  },
  {
    name: 'only the first of those gathered is told',
    ...publish,
    tests: ['io/publish'],
    edits: [[resolveAll, '() => parts[0]?.resolve(undefined),']],
  },
  {
    name: 'sends of one transaction at the same time',
    ...publish,
    tests: ['io/publish'],
    edits: [
      ['for (const send of sends) {', 'await Promise.all(sends.map(async (send) => {'],
      ['  }\n};\n\n/** 29: ', '  }));\n};\n\n/** 29: '],
    ],
  },
  {
    name: 'one send to two brokers',
    file: 'src/core/batch.ts',
    tests: ['delivery'],
    edits: [['leaders.get(placeName(topic, partition))', 'leaders.size']],
  },
];
