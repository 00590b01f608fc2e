import type { makeQuiet } from './quiet.ts';
import { pauseIfRead, type Place, type Reading, type Seat } from './reading.ts';
import type { Standing } from './standing.ts';

interface Own {
  readonly standing: Standing;
  readonly quiet: ReturnType<typeof makeQuiet>;
  readonly settle: () => Promise<void>;
}

/** In a group nothing is handed out or committed until it is known where the group is, by the newest join. */
export const makeJoined = (seat: Seat, reading: Reading, { standing, quiet, settle }: Own) => {
  const { membership, progress } = reading;
  let joins = 0;
  return async (assigned: readonly Place[]): Promise<void> => {
    const nth = (joins += 1);
    quiet.forget();
    if (membership.id !== null) standing.loser()();
    const going = membership.join(seat, progress, assigned); // alone it is done at once, before anything is asked for
    for (const place of assigned) pauseIfRead(seat, reading, place);
    const go = async (): Promise<void> => {
      if (nth !== joins) return Promise.resolve();
      quiet.forget();
      standing.renew();
      return settle();
    };
    if (going !== undefined) return going.then(go).catch(standing.fail);
    standing.renew();
    return Promise.resolve();
  };
};
