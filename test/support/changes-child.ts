// Reads with a group, prints a number a line, and leaves at one of them: by `break`, by an error, or killed.
import { makeChanges } from '../../src/library/changes.ts';

const changes = makeChanges({ times: { sessionTimeout: 6000, rebalanceTimeout: 6000 } });

const [topic = '', group = '', at = '', how = ''] = process.argv.slice(2);

const leave = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  throw: () => Promise.reject(new Error('the body')),
  break: () => true,
};

const options = { brokers: process.env['KAFKA_BROKERS'] ?? '', registry: process.env['SCHEMA_REGISTRY_URL'] ?? '' };
try {
  for await (const { changed_at } of changes({ ...options, topics: [topic], ...(group === '-' ? {} : { group }) })) {
    process.stdout.write(`${changed_at / 1000}\n`);
    if (changed_at / 1000 === Number(at)) {
      await leave[how as keyof typeof leave](); // one of the three, says the test
      break;
    }
  }
} catch (error) {
  process.stderr.write(String(error));
}
