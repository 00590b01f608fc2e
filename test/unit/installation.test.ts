import { expect, it } from '@jest/globals';
import type { Clients } from '../../src/clients.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { declaredTopics, subjectOf } from '../../src/core/topics.ts';
import { findSchemas, inspectSubjects } from '../../src/installation.ts';

const specs = declaredTopics('t.', 3);

/** A registry that answers so often, and then no more. */
const makeRegistry = (answers: number) => {
  const asked: string[] = [];
  const registry: Clients['registry'] = {
    idOf: async (subject) => {
      asked.push(subject);
      if (asked.length > answers) throw new ServiceError('REGISTRY_UNREACHABLE', 'it hangs');
      return Promise.resolve(asked.length);
    },
    levelOf: async () => Promise.resolve(null),
    schemaOf: async () => Promise.resolve(null),
    register: async () => Promise.resolve(0),
    setLevel: async () => Promise.resolve(),
    close: () => undefined,
  };
  return { asked, registry };
};

it.each([
  ['start-up', findSchemas],
  ['doctor', inspectSubjects],
])('a registry that hangs is asked one thing by %s, not all in turn', async (_, ask) => {
  const { asked, registry } = makeRegistry(0);
  await expect(ask({ registry, specs })).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(asked).toHaveLength(1);
});

it('every schema and every subject is asked for once', async () => {
  const [ofStart, ofDoctor] = [makeRegistry(Infinity), makeRegistry(Infinity)];
  const files = new Set(specs.flatMap(({ schema }) => schema ?? []));
  expect(new Set(Object.keys(await findSchemas({ registry: ofStart.registry, specs })))).toEqual(files);
  expect(ofStart.asked).toHaveLength(files.size);
  await inspectSubjects({ registry: ofDoctor.registry, specs });
  expect(ofDoctor.asked).toEqual(specs.flatMap(({ topic, schema }) => (schema === null ? [] : subjectOf(topic))));
});
