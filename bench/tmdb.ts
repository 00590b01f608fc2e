// The process that is TMDB with many open movies, for memory.ts: the simulator.
import { once } from 'node:events';
import { makeRandom, makeSimulator } from './build.ts';
import { answerWith } from './child.ts';
import { timesOf } from './crowd.ts';
import { idOf } from './edits.ts';

answerWith(async ({ movies }: { movies: number }): Promise<{ url: string }> => {
  const random = makeRandom(1);
  let edited: number | null = null;
  const now = (): number => edited ?? Date.now();
  const { server, edit } = makeSimulator({ seed: 1, movies: [], now });
  for (let rank = 0; rank < movies; rank++)
    for (const at of timesOf(rank, random)) {
      edited = at;
      edit(idOf(rank));
    }
  edited = null;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/3` };
});
