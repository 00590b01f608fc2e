import { readFileSync } from 'node:fs';
import type { KeywordChange } from '../../src/core/events.ts';
import { typeOf } from '../../src/core/encode.ts';
import { subjectOf } from '../../src/core/topics.ts';
import { makeRegistry } from '../../src/io/schemas.ts';
import { makeTopics } from './topics.ts';

export const schemaText = readFileSync('schemas/keyword.avsc', 'utf8');
const type = typeOf(schemaText);

/** A change of a keyword, known by its number. */
export const keywordChange = (nth: number): KeywordChange & { readonly change_key: 'plot_keywords' } => ({
  movie_id: 603,
  item_id: `item-${nth}`,
  change_key: 'plot_keywords',
  op: 'c',
  action: 'added',
  changed_at: nth * 1000,
  iso_639_1: '',
  iso_3166_1: '',
  before: null,
  after: { id: nth, name: `keyword ${nth}`, group: null },
  observed_at: 0,
  raw: null,
});

/** As the registry's clients write it. */
export const framed = (id: number, bytes: Buffer): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(id, 1);
  return Buffer.concat([prefix, bytes]);
};

/** Topics of events, without the service. */
export const makeEventTopics = (brokers?: string) => {
  const topics = makeTopics(brokers);
  const ids = new Map<string, number>();
  const registry = makeRegistry(process.env['SCHEMA_REGISTRY_URL'] ?? '');
  const idOf = async (topic: string): Promise<number> => {
    const id = ids.get(topic) ?? (await registry.register(subjectOf(topic), JSON.stringify(JSON.parse(schemaText))));
    ids.set(topic, id);
    return id;
  };
  return {
    ...topics,
    registry,
    idOf,
    /** Changes of the numbers from..to − 1, in one transaction. */
    publishChanges: async (
      topic: string,
      [from, to]: readonly [number, number],
      { partition = 0, isCommitted = true } = {},
    ) => {
      const id = await idOf(topic);
      const messages = Array.from({ length: to - from }, (_, at) => ({
        key: `603:item-${from + at}`,
        value: framed(id, type.toBuffer(keywordChange(from + at))),
        partition,
      }));
      await topics.publish(topic, messages, isCommitted);
    },
  };
};
