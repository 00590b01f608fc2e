// What the benches take of the build: dist/, or the folder that BENCH_DIST names, to compare two of them.
import { pathToFileURL } from 'node:url';
import type * as Avro from '../src/core/encode.ts';
import type * as Checkpoints from '../src/core/checkpoint.ts';
import type * as Reading from '../src/checkpoints.ts';
import type * as Clients from '../src/clients.ts';
import type * as Config from '../src/config.ts';
import type * as Edits from '../src/simulator/edits.ts';
import type * as Getting from '../src/io/get.ts';
import type * as Installation from '../src/installation.ts';
import type * as Members from '../src/io/members.ts';
import type * as Log from '../src/log.ts';
import type * as Loop from '../src/loop.ts';
import type * as Mapping from '../src/core/map.ts';
import type * as Parsing from '../src/core/parse.ts';
import type * as Plans from '../src/core/schedule/plan.ts';
import type * as Polling from '../src/io/poll.ts';
import type * as Coverages from '../src/core/coverage.ts';
import type * as Records from '../src/core/records.ts';
import type * as Onces from '../src/core/once.ts';
import type * as Publishing from '../src/io/publish.ts';
import type * as Rests from '../src/io/rest.ts';
import type * as Simulators from '../src/simulator/server.ts';
import type * as Time from '../src/core/time.ts';
import type * as Tailing from '../src/bin/tail.ts';
import type * as Topics from '../src/core/topics.ts';
import type * as WorldOf from '../src/simulator/world.ts';

const given = process.env['BENCH_DIST'];
export const dist = given === undefined ? new URL('../dist/', import.meta.url) : pathToFileURL(`${given}/`);
const load = async (file: string): Promise<unknown> => import(new URL(file, dist).href);

export const { makeEncode, decode, schemaIdOf, typeOf } = (await load('core/encode.js')) as typeof Avro;
export const { makeCoverage } = (await load('core/coverage.js')) as typeof Coverages;
export const { makeCheckpointRecords } = (await load('core/records.js')) as typeof Records;
export const { unseen } = (await load('core/checkpoint.js')) as typeof Checkpoints;
export const { makePlan } = (await load('core/schedule/plan.js')) as typeof Plans;
export const { makeCheckpointReader } = (await load('checkpoints.js')) as typeof Reading;
export const { makeClients } = (await load('clients.js')) as typeof Clients;
export const { checkTopics, findSchemas } = (await load('installation.js')) as typeof Installation;
export const { readConfig } = (await load('config.js')) as typeof Config;
export const { editOf } = (await load('simulator/edits.js')) as typeof Edits;
export const { makeProducer } = (await load('io/members.js')) as typeof Members;
export const { makeLog } = (await load('log.js')) as typeof Log;
export const { makeOnce } = (await load('core/once.js')) as typeof Onces;
export const { runLoop } = (await load('loop.js')) as typeof Loop;
export const { map } = (await load('core/map.js')) as typeof Mapping;
export const { parse, readAnswer } = (await load('core/parse.js')) as typeof Parsing;
export const { makeGet } = (await load('io/get.js')) as typeof Getting;
export const { makePoll } = (await load('io/poll.js')) as typeof Polling;
export const { makePublish } = (await load('io/publish.js')) as typeof Publishing;
export const { rest, within, withGrace } = (await load('io/rest.js')) as typeof Rests;
export const { addDays, dayOf, startOf } = (await load('core/time.js')) as typeof Time;
export const { checkpointsTopic, eventTopics, subjectOf, transactionalIdOf } = (await load(
  'core/topics.js',
)) as typeof Topics;
export const loadTail = async () => (await load('bin/tail.js')) as typeof Tailing;
export const { makeSimulator } = (await load('simulator/server.js')) as typeof Simulators;
export const { makeRandom } = (await load('simulator/world.js')) as typeof WorldOf;

export type { Agenda, Task } from '../src/core/agenda.ts';
export type { Coverage, Stored } from '../src/core/coverage.ts';
export type { Checkpoint } from '../src/core/checkpoint.ts';
export type { ProducerRecord, RegisteredSchema, SchemaName, Unit } from '../src/core/encode.ts';
export type { Output } from '../src/core/parse.ts';
export type { Plan } from '../src/core/schedule/planned.ts';
export type { ListAnswer, ListPage, PlanOptions } from '../src/core/schedule/planned.ts';
export type { Mapped } from '../src/core/map.ts';
