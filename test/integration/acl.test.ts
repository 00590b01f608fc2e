import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import kafkajs, { type AclEntry, type Admin } from 'kafkajs';
import { startCluster, type Cluster } from '../../dev/jvm.ts';
import { dayMs, dayOf, toTmdbTime } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Ended, type Env, type Running } from '../support/cli.ts';
import { changes } from '../../src/index.ts';
import { committed, faults, say, startService } from '../support/cluster.ts';
import { makeKafkaProxy } from '../support/kafka-proxy.ts';
import { loginSettings } from '../support/secure.ts';
import { expectOk, itemAt, itemNow, readAll, settingsFor, startTmdb } from '../support/stage.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const page = readFileSync('docs/security.md', 'utf8');

interface Right {
  readonly command: string;
  readonly resource: 'Topic' | 'Group' | 'TransactionalId';
  readonly pattern: 'literal' | 'prefixed';
  /** With the default prefix. */
  readonly name: string;
  readonly operation: 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs' | 'Read' | 'Write';
}

const row = /^\| (\w[^|]*) \| (\w+) \| (\w+) \| (`[^|]+`) \| ([\w, ]+) \|$/gm;
const all = [...page.matchAll(row)].flatMap(([, commands = '', resource, pattern, names = '', operations = '']) =>
  [...names.matchAll(/`([^`]+)`/g)].flatMap(([, name]) =>
    operations.split(', ').map((operation) => ({ commands, resource, pattern, name, operation })),
  ),
);
const rights = all.flatMap(({ commands, ...right }) => {
  const [command = ''] = /^(provision|run|tail|backfill(?= beside those of run))/.exec(commands) ?? [];
  return command === '' ? [] : [{ command, ...right } as Right];
});
/** Of `changes()`: in any case, without a group, and with one. */
const changesRights = all.flatMap(({ commands, ...right }) => {
  const [, when] = /^changes\(\) ?(\w*)/.exec(commands) ?? [];
  return when === undefined ? [] : [{ when, right: { command: 'changes', ...right } as Right }];
});
/** Of commands of operators, by their cell. */
const rightsOf = (commands: string): readonly Right[] =>
  all.flatMap((each) => {
    const { commands: own, ...right } = each;
    return own === commands ? [{ command: 'operator', ...right } as Right] : [];
  });
const readers = ['audit', 'status', 'doctor', 'checkpoint list, get', 'dead-letters list'];
const operators = [...readers, 'pause, resume', 'checkpoint set, reset', 'dead-letters replay'];
/** Each of these commands has a user of its own here. */
const userOf = (commands: string): string => `operator-${operators.indexOf(commands)}`;
/** `resource`: also with the end of a name, where there are several. */
const rightOf = (command: string, resource: string, operation: string): Right => {
  const [kind, end = ''] = resource.split(' ');
  const found = rights.filter(
    (each) =>
      [each.command, each.resource, each.operation].join() === [command, kind, operation].join() &&
      each.name.endsWith(end),
  );
  expect(found).toHaveLength(1);
  return found[0] as Right;
};

/** Whether one right holds another: by its name, or as Kafka has it. */
const contains = (right: Right, other: Right): boolean =>
  right.resource === other.resource &&
  (right.pattern === 'prefixed' ? other.name.startsWith(right.name) : other.name === right.name) &&
  (right.operation === other.operation ||
    (other.operation === 'Describe' && ['Delete', 'Read', 'Write'].includes(right.operation)));

it('the commands of the page grant what its table lists', () => {
  const users: Record<string, string> = {
    provision: 'tmdb-admin',
    run: 'tmdb-cdc',
    tail: 'reader',
    backfill: 'tmdb-cdc',
    operator: 'operator',
  };
  const options = { Topic: '--topic', Group: '--group', TransactionalId: '--transactional-id' };
  const commands = page.replaceAll(/ \\\n\s*/g, ' ').match(/^\$ADD .*$/gm) ?? [];
  const granted = commands.flatMap((command) =>
    [...command.matchAll(/--operation (\w+)/g)].map(
      ([, operation]) => `${command.replace(/ --operation.*/, '')} ${operation ?? ''}`,
    ),
  );
  // Whoever may do what these two need may do all that the others do.
  const most = rightsOf('dead-letters replay');
  for (const right of operators.flatMap(rightsOf)) expect(most.some((each) => contains(each, right))).toBe(true);
  const listed = [...rights, ...most].map(
    ({ command, resource, pattern, name, operation }) =>
      `$ADD --allow-principal User:${users[command] ?? ''} --resource-pattern-type ${pattern} ${options[resource]} ${name} ${operation}`,
  );
  expect(granted.toSorted()).toEqual(listed.toSorted());
  expect(rights).toHaveLength(14);
});

const movie = 550;

faults('with an authorizer and the rights of docs/security.md', () => {
  const proxy = makeKafkaProxy();
  let cluster: Cluster;
  let tmdb: Awaited<ReturnType<typeof startTmdb>>;
  let admin: Admin;
  let env: Env;
  const prefix = (): string => env['TOPIC_PREFIX'] ?? '';

  const entryOf = ({ command, resource, pattern, name, operation }: Right): AclEntry => ({
    principal: `User:${command}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: {
      Topic: AclResourceTypes.TOPIC,
      Group: AclResourceTypes.GROUP,
      TransactionalId: AclResourceTypes.TRANSACTIONAL_ID,
    }[resource],
    resourcePatternType: { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED }[pattern],
    resourceName: name.replace('tmdb.movie.', prefix()),
    operation: {
      Create: AclOperationTypes.CREATE,
      Delete: AclOperationTypes.DELETE,
      Describe: AclOperationTypes.DESCRIBE,
      DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
      Read: AclOperationTypes.READ,
      Write: AclOperationTypes.WRITE,
    }[operation],
  });
  /** By the broker's own authorizer, which follows the controller. */
  const isGranted = async (right: Right): Promise<boolean> =>
    (await admin.describeAcls(entryOf(right))).resources.length > 0;
  const grant = async (...granted: readonly Right[]): Promise<void> => {
    if (granted.length > 0) await admin.createAcls({ acl: granted.map(entryOf) });
    for (const right of granted) await eventually(async () => expect(await isGranted(right)).toBe(true));
  };
  const take = async (right: Right): Promise<void> => {
    const { filterResponses } = await admin.deleteAcls({ filters: [entryOf(right)] });
    expect(filterResponses[0]?.matchingAcls).toHaveLength(1);
    await eventually(async () => expect(await isGranted(right)).toBe(false));
  };
  /** Does something without a right, or with another one in its place. */
  const without = async <T>(right: Right, work: () => Promise<T>, instead: readonly Right[] = []): Promise<T> => {
    await grant(...instead);
    await take(right);
    try {
      return await work();
    } finally {
      await grant(right);
      for (const each of instead) await take(each);
    }
  };

  const as = (user: string, more: Env = {}): Env => ({
    ...env,
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: 'secret',
    LOG_LEVEL: 'error', // that PLAIN goes unencrypted is a warning
    ...more,
  });
  /** As whoever may do everything. */
  const readBack = async () => readAll({ ...env, KAFKA_BROKERS: cluster.inside });
  const provision = async (more: Env = {}): Promise<Ended> => runCli(['provision'], as('provision', more));
  /** Whoever does not end by himself shows what he was waiting for. */
  const runOnce = async (): Promise<Ended> => {
    const service = startCli(['run', '--once'], as('run', { LOG_LEVEL: 'debug' }));
    const deadline = setTimeout(() => service.child.kill('SIGKILL'), 30_000);
    return service.ended.finally(() => clearTimeout(deadline));
  };
  const tailAll = async (): Promise<Ended> =>
    runCli(['tail', 'all', '--from', 'beginning', '--until', 'now', '--format', 'json'], as('tail'));

  const expectRefused = ({ code, stderr }: Ended, fault: string, sentence: string): void => {
    expect(stderr).not.toMatch(/\n {4}at /);
    if (code === null) throw new Error(`did not end: ${stderr.slice(-8000)}`);
    expect({ code, last: /^tmdb-cdc: .*$/m.exec(stderr)?.[0] }).toEqual({
      code: 1,
      last: expect.stringContaining(`tmdb-cdc: ${fault}: ${sentence}`),
    });
    expect(stderr).toMatch(/grant it, docs\/security.md has the list$/m);
  };

  beforeAll(async () => {
    const names = ['provision', 'run', 'tail', 'changes', 'backfill', ...operators.map(userOf)];
    const users = Object.fromEntries(names.map((name) => [name, 'secret']));
    const authorizer = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS', // whoever is inside
    };
    const settings = { ...loginSettings(users, null), ...authorizer };
    [cluster, tmdb] = await Promise.all([
      startCluster({ brokers: 1, settings, via: proxy.via }, say),
      startTmdb([movie]),
    ]);
    const given = { KAFKA_BROKERS: cluster.brokers, TMDB_URL: tmdb.url, WATCH: String(movie) };
    env = settingsFor('acl', { ...given, POLL_INTERVAL_SECONDS: '1', TMDB_REQUESTS_PER_SECOND: '10' });
    const client = new kafkajs.Kafka({ brokers: [cluster.inside], logLevel: kafkajs.logLevel.NOTHING });
    admin = client.admin();
    await admin.connect();
    await grant(...rights.filter(({ command }) => command !== 'backfill'));
    expectOk(await provision());
  }, 120_000);
  const running: Running[] = [];
  afterAll(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await admin.disconnect();
    tmdb.close();
    proxy.close();
    await cluster.close();
  });

  it('everything works, each command with its own', async () => {
    await tmdb.add(movie, 'title', itemNow());
    expectOk(await runOnce());
    const ended = await tailAll();
    expectOk(ended);
    expect(ended.stdout.split('\n').filter(Boolean)).toHaveLength((await tmdb.oracle()).length);
    expect((await admin.listGroups()).groups.filter(({ groupId }) => groupId.includes('/read-'))).toEqual([]);
  }, 60_000);

  it.each(['request', 'answer'] as const)(
    'a login whose %s is cut off is not refused, but tried again',
    async (side) => {
      const met = proxy.meet('SaslAuthenticate', side, () => 'cut');
      expectOk(await runOnce());
      expect(await met).toBe('cut');
    },
    60_000,
  );

  it('provision creates nothing where all is there, and without the rights says which', async () => {
    await without(rightOf('provision', 'Topic', 'Create'), async () => {
      expectOk(await provision());
      await admin.deleteTopics({ topics: [`${prefix()}dead_letters`] });
      const sentence = `User:provision may not Create topic ${prefix()}dead_letters (Kafka's code 29)`;
      await eventually(async () => expectRefused(await provision(), 'KAFKA_REFUSED', sentence), 10_000);
    });
    await eventually(async () => expectOk(await provision()));
    const [describing, configs] = ['Describe', 'DescribeConfigs'].map((each) => rightOf('provision', 'Topic', each));
    await without(describing as Right, async () => {
      const sentence = `User:provision may not Describe one of the topics ${prefix()}`;
      await without(rightOf('provision', 'Topic', 'Create'), async () =>
        expectRefused(await provision(), 'KAFKA_REFUSED', sentence),
      );
    });
    const sentence = `User:provision may not DescribeConfigs one of the topics ${prefix()}`;
    await without(configs as Right, async () => expectRefused(await provision(), 'KAFKA_REFUSED', sentence));
  }, 90_000);

  it('run says which one it lacks, and nothing is lost by it', async () => {
    const writing = rightOf('run', 'Topic', 'Write');
    const describing = { ...writing, operation: 'Describe' } as const;
    await tmdb.add(movie, 'title', itemNow());
    await without(
      writing,
      async () => expectRefused(await runOnce(), 'PUBLISH_REFUSED', `User:run may not Write topic ${prefix()}`),
      [describing],
    );
    await without(writing, async () =>
      expectRefused(await runOnce(), 'KAFKA_REFUSED', `User:run may not Describe one of the topics ${prefix()}`),
    );
    await without(rightOf('run', 'Topic', 'DescribeConfigs'), async () =>
      expectRefused(await runOnce(), 'KAFKA_REFUSED', `User:run may not DescribeConfigs one of the topics ${prefix()}`),
    );
    for (const topic of ['checkpoints', 'watermarks'])
      await without(rightOf('run', `Topic ${topic}`, 'Read'), async () =>
        expectRefused(await runOnce(), 'KAFKA_REFUSED', `User:run may not Read topic ${prefix()}${topic}`),
      );
    await without(rightOf('run', 'Group', 'Read'), async () =>
      expectRefused(await runOnce(), 'KAFKA_REFUSED', `User:run may not Read group tmdb-cdc/${prefix()} (`),
    );
    await without(rightOf('run', 'Group', 'Delete'), async () =>
      // it contains Describe
      without(rightOf('run', 'Group', 'Read'), async () =>
        expectRefused(await runOnce(), 'KAFKA_REFUSED', `User:run may not Read group tmdb-cdc/${prefix()} (`),
      ),
    );
    await without(rightOf('run', 'TransactionalId', 'Write'), async () =>
      expectRefused(
        await runOnce(),
        'PUBLISH_REFUSED',
        `User:run may not Write transactional id tmdb-cdc/${prefix()}/0`,
      ),
    );
    await without(rightOf('run', 'Group', 'Delete'), async () => expectOk(await runOnce()));
    expect(await readBack()).toHaveLength((await tmdb.oracle()).length);
  }, 120_000);

  it.each([
    ['Topic', 'Write', 'PUBLISH_REFUSED', 'Write topic '],
    ['Topic checkpoints', 'Read', 'KAFKA_REFUSED', 'Read topic '],
    ['Group', 'Read', 'KAFKA_REFUSED', 'Read group '],
    ['TransactionalId', 'Write', 'PUBLISH_REFUSED', 'Write transactional id '],
  ])(
    '%s %s taken away from a run under way stops it with a sentence, and nothing is lost',
    async (...given) => {
      const [resource, operation, fault, what] = given;
      const service = startService(as('run', { LOG_LEVEL: 'info' }));
      running.push(service);
      await tmdb.add(movie, 'title', itemNow());
      await committed(service);
      const right = rightOf('run', resource, operation);
      const ended = await without(
        right,
        async () => {
          await tmdb.add(movie, 'title', itemNow());
          const startedAt = performance.now();
          const over = await service.ended;
          expect(performance.now() - startedAt).toBeLessThan(20_000);
          return over;
        },
        operation === 'Write' && resource === 'Topic' ? [{ ...right, operation: 'Describe' }] : [],
      );
      expectRefused(ended, fault, `User:run may not ${what}`);
      expectOk(await runOnce());
      const keys = (await readBack()).map(({ key }) => key);
      expect(keys).toHaveLength((await tmdb.oracle()).length);
      expect(new Set(keys).size).toBe(keys.length);
    },
    90_000,
  );

  it('tail says which one it lacks', async () => {
    await without(rightOf('tail', 'Topic', 'Read'), async () =>
      expectRefused(await tailAll(), 'KAFKA_REFUSED', `User:tail may not Describe one of the topics ${prefix()}`),
    );
    await without(
      rightOf('tail', 'Topic', 'Read'),
      async () =>
        expectRefused(await tailAll(), 'KAFKA_REFUSED', `User:tail may not Read one of the topics ${prefix()}`),
      [{ ...rightOf('tail', 'Topic', 'Read'), operation: 'Describe' }],
    );
    await without(rightOf('tail', 'Group', 'Read'), async () =>
      expectRefused(await tailAll(), 'KAFKA_REFUSED', `User:tail may not Read group tmdb-cdc/${prefix()}/read-`),
    );
    await without(rightOf('tail', 'Group', 'Delete'), async () => expectOk(await tailAll()));
  }, 60_000);

  it('changes() needs what is listed, with a group and without, and says which one it lacks', async () => {
    const read = async (group?: string, watermarks = false): Promise<number> => {
      let count = 0;
      const stream = changes({
        watermarks,
        brokers: cluster.brokers,
        registry: env['SCHEMA_REGISTRY_URL'] ?? process.env['SCHEMA_REGISTRY_URL'] ?? '',
        prefix: prefix(),
        sasl: { mechanism: 'plain', username: 'changes', password: 'secret' },
        until: 'now',
        ...(group === undefined ? {} : { group }),
      });
      for await (const event of stream) count += 'type' in event || event.movie_id === movie ? 1 : 0;
      return count;
    };
    const of = (wanted: string): readonly Right[] =>
      changesRights.filter(({ when }) => when === wanted).map(({ right }) => right);
    const [topic] = of('');
    const [own, named] = [of('without'), of('with')];
    if (topic === undefined) throw new Error('the page lists no right of changes()');
    expect([own.length, named.length]).toEqual([2, 1]);

    await grant(topic, ...own);
    expect(await read()).toBe((await tmdb.oracle()).length);
    expect(await read(undefined, true)).toBe((await tmdb.oracle()).length + 1);
    await expect(read('NAME')).rejects.toThrow('User:changes may not Read group NAME ');
    for (const right of own) await take(right);
    await expect(read()).rejects.toThrow(`User:changes may not Read group tmdb-cdc/${prefix()}/changes-`);
    await grant(...named);
    expect(await read('NAME')).toBe((await tmdb.oracle()).length);
    await take(topic);
    await expect(read('NAME')).rejects.toThrow(`User:changes may not Describe one of the topics ${prefix()}`);
  }, 60_000);

  const own = rights.filter(({ command }) => command === 'run').map((each) => ({ ...each, command: 'backfill' }));
  const counting = rights.filter(({ command }) => command === 'backfill');
  const dayAgo = (days: number): string => dayOf(Date.now() - days * dayMs);
  const other = movie + 1;
  const ofOther = { WATCH: String(other), START_DATE: dayAgo(9) };
  it('a change of a day that is closed and a letter are there for operators', async () => {
    const at = Date.now() - 5 * dayMs;
    await tmdb.add(other, 'title', itemAt(at), at);
    await tmdb.add(other, 'title', itemAt(Date.now() - 5000, { action: null })); // no event can be made of it
    expectOk(await runCli(['run', '--once'], as('run', ofOther)));
  }, 60_000);
  const backfill = async (days: number, more: Env = {}): Promise<Ended> =>
    runCli(['backfill', '--since', dayAgo(days)], as('backfill', { LOG_LEVEL: 'warn', ...more }));
  /** How often it said that events are not counted, once it has ended well. */
  const uncounted = (ended: Ended): number => {
    expectOk(ended);
    return ended.stderr.match(/"msg":"events are not counted"/g)?.length ?? 0;
  };
  /** An edit of some days ago, and its record's key. */
  const editPast = async (days: number): Promise<string> => {
    const at = Date.now() - days * dayMs;
    const id = Math.floor(at / 1000).toString(16) + '0'.repeat(16);
    await tmdb.add(movie, 'title', itemNow({ id, time: toTmdbTime(at) }), at);
    return `${movie}:${id}`;
  };
  const expectOnce = async (...wanted: string[]): Promise<void> => {
    const keys = (await readBack()).map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(wanted));
    expect(new Set(keys).size).toBe(keys.length);
  };

  it('backfill needs the rights of run, and says which one it lacks; to count events it needs one more', async () => {
    const key = await editPast(25);
    expectOk(await runOnce());
    await grant(...own);
    const right = (resource: string, operation: string): Right => ({
      ...rightOf('run', resource, operation),
      command: 'backfill',
    });
    const writing = right('Topic', 'Write');
    for (const [lacking, fault, sentence, instead = []] of [
      [writing, 'PUBLISH_REFUSED', `Write topic ${prefix()}checkpoints`, [{ ...writing, operation: 'Describe' }]],
      [writing, 'KAFKA_REFUSED', `Describe one of the topics ${prefix()}`],
      [right('Topic', 'DescribeConfigs'), 'KAFKA_REFUSED', `DescribeConfigs one of the topics ${prefix()}`],
      [right('Topic checkpoints', 'Read'), 'KAFKA_REFUSED', `Read topic ${prefix()}checkpoints`],
      [right('Topic watermarks', 'Read'), 'KAFKA_REFUSED', `Read topic ${prefix()}watermarks`],
      [right('Group', 'Read'), 'KAFKA_REFUSED', `Read group tmdb-cdc/${prefix()}`],
      [right('TransactionalId', 'Write'), 'PUBLISH_REFUSED', `Write transactional id tmdb-cdc/${prefix()}/0`],
    ] as const) {
      const refused = async (): Promise<void> =>
        expectRefused(await backfill(30), fault, `User:backfill may not ${sentence}`);
      await without(lacking, refused, instead);
    }
    const ended = await without(right('Group', 'Delete'), async () => backfill(30));
    expect(uncounted(ended)).toBe(1);
    await expectOnce(key);
  }, 120_000);

  it('everything is watched and fetched with the same rights', async () => {
    const WATCH = 'all';
    expectOk(await runCli(['run', '--once'], as('run', { WATCH })));
    const keys = [await editPast(35), await editPast(45)];
    expect(uncounted(await backfill(40, { WATCH }))).toBe(1);
    await grant(...counting);
    expect(uncounted(await backfill(50, { WATCH }))).toBe(0);
    await expectOnce(...keys);
  }, 90_000);

  /** What each does once all is there. */
  const lines: Readonly<Record<string, readonly string[][]>> = {
    audit: [['audit', String(other)]],
    status: [['status']],
    doctor: [['doctor']],
    'pause, resume': [['pause'], ['resume']],
    'checkpoint list, get': [
      ['checkpoint', 'list'],
      ['checkpoint', 'get', String(other)],
    ],
    'checkpoint set, reset': [
      ['checkpoint', 'set', String(other), '--from', dayAgo(8), '--execute'],
      ['checkpoint', 'reset', String(other), '--execute'],
    ],
    'dead-letters list': [['dead-letters', 'list']],
    'dead-letters replay': [['dead-letters', 'replay', '--all', '--execute']],
  };
  const operate = async (user: string, line: readonly string[]): Promise<Ended> => runCli([...line], as(user, ofOther));
  /** By the operation that is missing, and what Kafka names first where there is none of another kind. */
  const refusals = ({ command, resource, operation, name }: Right): RegExp => {
    const place = name.replace('tmdb.movie.', prefix());
    if (resource === 'Group') return new RegExp(`User:${command} may not Read group ${place}`);
    if (resource === 'TransactionalId')
      return operation === 'Describe'
        ? /no transaction can be begun.*\n.*Describe and Write on the TransactionalId/
        : new RegExp(`User:${command} may not Write transactional id ${place}`);
    const verbs = operation === 'Read' ? '(Read|Describe)' : operation;
    return new RegExp(`User:${command} may not ${verbs} (topic|one of the topics) ${place}`);
  };

  const needsThem = async (commands: string): Promise<void> => {
    const user = userOf(commands);
    const needed = rightsOf(commands).map((right) => ({ ...right, command: user }));
    await grant(...needed);
    const [first = [], ...others] = lines[commands] ?? [];
    const works = async (): Promise<void> => {
      for (const line of [first, ...others]) {
        const { code, stderr } = await operate(user, line);
        if (commands === 'status')
          expect(stderr).toContain('NOT_RUNNING'); // it has told all else before
        else expect({ code, stderr: stderr.replace('no dead letter waits\n', '') }).toEqual({ code: 0, stderr: '' });
      }
    };
    try {
      await works();
      for (const right of needed) {
        // A letter that still fails is left: nothing is written.
        if (commands === 'dead-letters replay' && right.operation === 'Write') continue;
        if (right.operation === 'Write' && right.name.endsWith('.watermarks')) continue; // it has gone back already
        await without(right, async () => {
          if (right.operation === 'Delete') {
            await works();
            return;
          }
          const { code, stdout, stderr } = await operate(user, first);
          expect(stdout + stderr).toMatch(refusals(right));
          expect(code).toBe(1);
        });
      }
    } finally {
      for (const right of needed) await take(right);
    }
  };
  const title = '%s needs what is listed, and says which one it lacks';
  it.concurrent.each(readers)(title, needsThem, 180_000);
  it.each(operators.slice(readers.length))(title, needsThem, 180_000);
});
