import { ofBackfill } from './backfill.ts';
import { ofCheckpoint } from './checkpoint.ts';
import { ofDelivery } from './delivery.ts';
import { ofFrontier } from './frontier.ts';
import { ofKit } from './kit.ts';
import type { Mutant } from './mutant.ts';
import { ofReplay } from './replay.ts';
import { ofWatch } from './watch.ts';

export const all: readonly Mutant[] = [
  ofBackfill,
  ofCheckpoint,
  ofDelivery,
  ofFrontier,
  ofKit,
  ofReplay,
  ofWatch,
].flat();
