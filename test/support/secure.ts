import { pbkdf2Sync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Issued } from './certificates.ts';

/** Users and passwords with whatever breaks URLs, lists and configuration files. */
export const password = 'p:a@s,s=w%20 "ö$ ';

/** Kafka's protocol, as far as one request needs it: kafkajs has no words for users. */
const int = (bits: 8 | 16 | 32, value: number): Buffer => {
  const bytes = Buffer.alloc(bits / 8);
  bytes.writeIntBE(value, 0, bits / 8);
  return bytes;
};
const compact = (bytes: Buffer): Buffer => Buffer.concat([int(8, bytes.length + 1), bytes]);
const noTags = int(8, 0);

const scrams = { 'scram-sha-256': 1, 'scram-sha-512': 2 } as const;

/** Makes a user, or gives it another password; the broker takes it from anyone `inside`. */
export const setPassword = async (
  inside: string,
  { mechanism, username, password: secret }: { mechanism: keyof typeof scrams; username: string; password: string },
): Promise<void> => {
  const bits = Number(mechanism.slice(-3));
  const salt = Buffer.from('salt of the tests');
  const salted = pbkdf2Sync(secret, salt, 4096, bits / 8, `sha${bits}`);
  const user = [
    compact(Buffer.from(username)),
    int(8, scrams[mechanism]),
    int(32, 4096),
    compact(salt),
    compact(salted),
  ];
  const [noDeletions, oneUpsertion] = [int(8, 1), int(8, 2)];
  const header = [int(16, 51), int(16, 0), int(32, 1), int(16, -1), noTags]; // AlterUserScramCredentials
  const request = Buffer.concat([...header, noDeletions, oneUpsertion, ...user, noTags, noTags]);
  const [host = '', port = ''] = inside.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.write(Buffer.concat([int(32, request.length), request]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  // Length, correlation id, tags, throttle time, one result: its user's name, then the code of what went wrong.
  const code = answer.readInt16BE(4 + 4 + 1 + 4 + 1 + 1 + Buffer.byteLength(username));
  if (code !== 0) throw new Error(`no user ${username}: code ${code}`);
};

// As java.util.Properties reads a value.
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replace(/[^ -~]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

const login = 'org.apache.kafka.common.security';

/** Settings of a broker whose clients log in. Without `issued` it is without TLS; `plain` are its users of PLAIN. */
export const loginSettings = (plain: Readonly<Record<string, string>>, issued: Issued | null) => {
  const protocol = issued === null ? 'SASL_PLAINTEXT' : 'SASL_SSL';
  const users = Object.entries(plain).map(([name, secret]) => `user_${name}="${secret.replaceAll('"', '\\"')}"`);
  const of = (name: string): string => `listener.name.client.${name}`;
  return {
    'listener.security.protocol.map': `CLIENT:${protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    [of('sasl.enabled.mechanisms')]: 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN',
    [of('scram-sha-512.sasl.jaas.config')]: `${login}.scram.ScramLoginModule required;`,
    [of('scram-sha-256.sasl.jaas.config')]: `${login}.scram.ScramLoginModule required;`,
    [of('plain.sasl.jaas.config')]: escaped(`${login}.plain.PlainLoginModule required ${users.join(' ')};`),
    ...(issued === null
      ? {}
      : { [of('ssl.keystore.type')]: 'PEM', [of('ssl.keystore.location')]: escaped(issued.both) }),
  };
};
