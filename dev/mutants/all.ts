import { ofAudit } from './audit.ts';
import { ofBackfill } from './backfill.ts';
import { ofCheckpoint } from './checkpoint.ts';
import { ofDelivery } from './delivery.ts';
import { ofFrontier } from './frontier.ts';
import { ofKit } from './kit.ts';
import { ofMarks } from './marks.ts';
import type { Mutant } from './mutant.ts';
import { ofOperator } from './operator.ts';
import { ofReplay } from './replay.ts';
import { ofWatch } from './watch.ts';

export const all: readonly Mutant[] = [
  ofAudit,
  ofBackfill,
  ofCheckpoint,
  ofDelivery,
  ofFrontier,
  ofKit,
  ofMarks,
  ofOperator,
  ofReplay,
  ofWatch,
].flat();
