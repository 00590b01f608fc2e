import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startCluster, type Cluster } from '../../dev/jvm.ts';
import { makeAuthority, withOpenssl, type Issued } from '../support/certificates.ts';
import { eventually, runCli, startCli, token, type Ended, type Env, type Running } from '../support/cli.ts';
import { commitsOf, faults, say, sleep, stopped } from '../support/cluster.ts';
import { loginSettings, password, setPassword } from '../support/secure.ts';
import { expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

const movie = 550;
const username = 'us,er=1';
const registryPassword = `r:${password}`;

/** TLS in front of a server; `admit` answers what it does not let through. */
const startGate = async ({ cert, key }: Issued, target: string, admit: (asked: IncomingMessage) => number | null) => {
  const { origin } = new URL(target);
  const server = createHttps({ cert, key }, (asked: IncomingMessage, answer: ServerResponse) => {
    const refusal = admit(asked);
    if (refusal !== null) {
      answer
        .writeHead(refusal, { 'content-type': 'application/json' })
        .end(`{"error_code":${refusal}01,"message":"no"}`);
      return;
    }
    const headers = { ...asked.headers, host: new URL(origin).host };
    const through = request(new URL(asked.url ?? '', origin), { method: asked.method, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    asked.pipe(through.on('error', () => answer.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = target.replace(origin, `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url, close };
};

const secure = (title: string, tests: () => void): void =>
  faults(title, () => withOpenssl('a broker and a registry with authorities of their own', tests));

secure('SASL_SSL and sessions of 5 s', () => {
  const closing: (() => unknown)[] = [];
  const secrets = [token, password, registryPassword, Buffer.from(`me:${registryPassword}`).toString('base64')];
  const outputs: string[] = [];
  let authority: ReturnType<typeof makeAuthority>;
  let other: ReturnType<typeof makeAuthority>;
  let cluster: Cluster;
  let tmdb: Awaited<ReturnType<typeof startTmdb>>;
  let env: Env;
  const registry = { isReadOnly: false, isForbidden: false, writes: 0 };

  /** A command at the lowest level of the log; all that it writes is looked through in the end. */
  const run = async (args: readonly string[], more: Env = {}): Promise<Ended & { readonly ms: number }> => {
    const startedAt = performance.now();
    const service = startCli(args, { ...env, LOG_LEVEL: 'trace', ...more });
    const deadline = setTimeout(() => service.child.kill('SIGKILL'), 25_000);
    const ended = await service.ended.finally(() => clearTimeout(deadline));
    outputs.push(ended.stdout + ended.stderr);
    return { ...ended, ms: performance.now() - startedAt };
  };
  const expectFault = ({ code, stderr }: Ended, sentence: RegExp): void => {
    const last = /^tmdb-cdc: .*$/m.exec(stderr)?.[0] ?? stderr.slice(-1000);
    expect({ code, last }).toEqual({ code: 1, last: expect.stringMatching(sentence) });
  };

  beforeAll(async () => {
    [authority, other] = [makeAuthority('ours'), makeAuthority('theirs')];
    closing.push(authority.close, other.close);
    const settings = {
      ...loginSettings({ plain: password }, authority.issue('broker')),
      'connections.max.reauth.ms': '5000',
      'listener.name.client.ssl.client.auth': 'requested',
      'listener.name.client.ssl.truststore.type': 'PEM',
      'listener.name.client.ssl.truststore.location': authority.file,
    };
    [cluster, tmdb] = await Promise.all([startCluster({ brokers: 1, settings }, say), startTmdb([movie])]);
    closing.push(cluster.close, tmdb.close);
    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const)
      await setPassword(cluster.inside, { mechanism, username, password });
    const authorization = `Basic ${Buffer.from(`me:${registryPassword}`).toString('base64')}`;
    const gate = await startGate(authority.issue('registry'), process.env['SCHEMA_REGISTRY_URL'] ?? '', (asked) => {
      if (asked.headers.authorization !== authorization) return 401;
      const isWrite = asked.method === 'PUT' || /\/versions(\?|$)/.test(asked.url ?? '');
      if (isWrite && asked.method !== 'GET') registry.writes += 1;
      if (registry.isForbidden && asked.method === 'PUT') return 403;
      return registry.isReadOnly && isWrite && asked.method !== 'GET' ? 403 : null;
    });
    // TMDB has another authority, which Node itself is told of: those of Kafka and the registry must not replace it.
    const front = await startGate(other.issue('tmdb'), tmdb.url, () => null);
    closing.push(gate.close, front.close);
    const [passwordFile, authFile] = ['password', 'auth'].map((name) => join(authority.dir, name));
    writeFileSync(passwordFile ?? '', `${password}\n`);
    writeFileSync(authFile ?? '', `me:${registryPassword}\r\n`);
    env = settingsFor('secure', {
      KAFKA_BROKERS: cluster.brokers,
      KAFKA_SSL_CA_FILE: authority.file,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: username,
      KAFKA_SASL_PASSWORD_FILE: passwordFile,
      SCHEMA_REGISTRY_URL: gate.url,
      SCHEMA_REGISTRY_AUTH_FILE: authFile,
      SCHEMA_REGISTRY_CA_FILE: authority.file,
      TMDB_URL: front.url,
      NODE_EXTRA_CA_CERTS: other.file,
      WATCH: String(movie),
      POLL_INTERVAL_SECONDS: '1',
      TMDB_REQUESTS_PER_SECOND: '10',
    });
    await provisioned(env);
  }, 120_000);
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  it('run, a standby and tail go on over the ends of several sessions: no gap, no session replaced', async () => {
    const loud = { ...env, LOG_LEVEL: 'trace' };
    const services: Running[] = [startCli(['run'], loud)];
    try {
      const [owner] = services;
      await eventually(() => expect(commitsOf(owner as Running)).toBeGreaterThan(0), 30_000);
      services.push(
        startCli(['run'], loud),
        startCli(['tail', 'all', '--from', 'beginning', '--format', 'json'], loud),
      );
      const [, standby, tail] = services;
      for (let at = 0; at < 9; at += 1) {
        await tmdb.add(movie, 'title', itemNow());
        await sleep(2000); // the ends of sessions are what is waited for
      }
      const due = (await tmdb.oracle()).map(({ item }) => `${movie}:${(item as { id: string }).id}`);
      await eventually(() => {
        const lines = tail?.out().split('\n').filter(Boolean) ?? [];
        const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key);
        expect(keys.toSorted()).toEqual(due.toSorted());
      });
      for (const each of [owner, standby]) {
        expect(each?.err().match(/"msg":"session ended/g)).toBeNull();
        expect(each?.err()).not.toMatch(/SASL_STATE|"level":(50|60)/);
      }
      expect(owner?.err().match(/"msg":"session open"/g)).toHaveLength(1);
      expect(standby?.err()).not.toMatch(/"msg":"session open"/);
      const logins = (each: Running | undefined): number =>
        each?.err().match(/SHA512 authentication successful/g)?.length ?? 0;
      for (const each of services) expect(logins(each)).toBeGreaterThan(5);
      for (const each of [standby, tail, owner]) {
        if (each !== undefined) await stopped(each);
      }
    } finally {
      for (const each of services) {
        each.child.kill('SIGKILL');
        outputs.push(each.out() + each.err());
      }
    }
  }, 90_000);

  it.each([
    ['scram-sha-256', username],
    ['plain', 'plain'],
  ])(
    '%s logs in too, with the password from the environment',
    async (mechanism, name) => {
      const login = { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: name };
      expectOk(
        await runCli(['provision'], { ...env, ...login, KAFKA_SASL_PASSWORD_FILE: '', KAFKA_SASL_PASSWORD: password }),
      );
    },
    30_000,
  );

  const wrong = { KAFKA_SASL_PASSWORD: 'marker-of-a-secret', KAFKA_SASL_PASSWORD_FILE: '' };
  const cases: readonly (readonly [string, () => Env, RegExp])[] = [
    [
      'a wrong password',
      () => wrong,
      /KAFKA_REFUSED: Kafka does not accept the login of User:us,er=1 .*check KAFKA_SASL/,
    ],
    [
      'a wrong password (plain)',
      () => ({ ...wrong, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'plain' }),
      /KAFKA_REFUSED: Kafka does not accept the login of User:plain /,
    ],
    [
      'a wrong authority for Kafka',
      () => ({ KAFKA_SSL_CA_FILE: other.file }),
      /KAFKA_REFUSED: the certificate shown at 127.0.0.1:\d+ is not one for it .*check KAFKA_SSL_CA_FILE/,
    ],
    [
      "another name than the certificate's",
      () => ({ KAFKA_BROKERS: cluster.brokers.replace('127.0.0.1', 'localhost') }),
      /KAFKA_REFUSED: the certificate shown at localhost:\d+ is for another name/,
    ],
    [
      'no TLS to a port with TLS',
      () => ({ KAFKA_SSL_CA_FILE: '' }),
      /KAFKA_REFUSED: 127.0.0.1:\d+ speaks TLS: set KAFKA_SSL/,
    ],
    [
      'a login at a port without',
      () => ({ KAFKA_SSL_CA_FILE: '', KAFKA_BROKERS: cluster.inside }),
      /KAFKA_REFUSED: Kafka wants no login there: unset KAFKA_SASL_MECHANISM/,
    ],
    [
      'a wrong password for the registry',
      () => ({ SCHEMA_REGISTRY_AUTH: 'me:marker-of-a-secret', SCHEMA_REGISTRY_AUTH_FILE: '' }),
      /REGISTRY_REFUSED: the schema registry answers 401 for \S+, asked as user me: check SCHEMA_REGISTRY_AUTH/,
    ],
    [
      'a wrong token for the registry',
      () => ({ SCHEMA_REGISTRY_AUTH: 'marker-of-a-secret', SCHEMA_REGISTRY_AUTH_FILE: '' }),
      /REGISTRY_REFUSED: the schema registry answers 401 for \S+, asked with a token/,
    ],
    [
      'a wrong authority for the registry',
      () => ({ SCHEMA_REGISTRY_CA_FILE: other.file }),
      /REGISTRY_REFUSED: the certificate shown at 127.0.0.1:\d+ is not one .*SCHEMA_REGISTRY_CA_FILE/,
    ],
    [
      'TLS to a registry without',
      () => ({ SCHEMA_REGISTRY_URL: (process.env['SCHEMA_REGISTRY_URL'] ?? '').replace('http:', 'https:') }),
      /REGISTRY_REFUSED: \S+ speaks no TLS/,
    ],
  ];
  it.concurrent.each(cases)(
    '%s: provision and run end within seconds, with a sentence',
    async (_, more, sentence) => {
      const all = await Promise.all([run(['provision'], more()), run(['run', '--once'], more())]);
      for (const ended of all) {
        expectFault(ended, sentence);
        expect(ended.ms).toBeLessThan(20_000);
      }
    },
    60_000,
  );

  it('a certificate of ours is shown; one that the brokers do not trust is named', async () => {
    const [trusted, foreign] = [authority.issue('client'), other.issue('client')].map(({ certFile, keyFile }) => ({
      KAFKA_SSL_CERT_FILE: certFile,
      KAFKA_SSL_KEY_FILE: keyFile,
    }));
    expectOk(await run(['provision'], trusted));
    expectFault(await run(['provision'], foreign), /KAFKA_REFUSED: 127.0.0.1:\d+ does not accept our certificate/);
  }, 30_000);

  it('tail ends so too', async () => {
    expectFault(
      await run(['tail', '--until', 'now'], wrong),
      /KAFKA_REFUSED: Kafka does not accept the login of User:us/,
    );
  }, 60_000);

  it('TLS to a port without, or no login where one is wanted, is named at once and waited for', async () => {
    const silent = startCli(['provision'], { ...env, KAFKA_BROKERS: cluster.inside });
    const nobody = startCli(['provision'], {
      ...env,
      ...wrong,
      KAFKA_SASL_PASSWORD: '',
      KAFKA_SASL_MECHANISM: '',
      KAFKA_SASL_USERNAME: '',
    });
    await eventually(() => expect(silent.err()).toMatch(/closed the connection instead of speaking TLS: .*KAFKA_SSL/));
    await eventually(() =>
      expect(nobody.err()).toMatch(/closed the connection: does it want a login \(KAFKA_SASL_MECHANISM/),
    );
    for (const { child } of [silent, nobody]) child.kill('SIGKILL');
  }, 40_000);

  it('the registry is not written to where all is there; what is missing, or may not be set, is named', async () => {
    registry.isReadOnly = true;
    const before = registry.writes;
    expectOk(await run(['provision']));
    expectOk(await run(['run', '--once']));
    expect(registry.writes).toBe(before);
    const fresh = { TOPIC_PREFIX: `${env['TOPIC_PREFIX'] ?? ''}fresh.` };
    expectFault(
      await run(['provision'], fresh),
      /REGISTRY_REFUSED: .*403 for \S+fresh.\S+, asked as user me: a right is missing/,
    );
    Object.assign(registry, { isReadOnly: false, isForbidden: true });
    expectFault(
      await run(['provision'], fresh),
      /REGISTRY_REFUSED: .*403 for \S+ \(its level FULL_TRANSITIVE: the right to set/,
    );
    Object.assign(registry, { isForbidden: false });
    expectOk(await run(['provision'], fresh));
  }, 90_000);

  it('a certificate that has expired is named', async () => {
    const gate = await startGate(authority.issue('old', 'IP:127.0.0.1', -1), 'http://127.0.0.1:1', () => 500);
    closing.push(gate.close);
    const ended = await run(['provision'], { SCHEMA_REGISTRY_URL: gate.url });
    expectFault(ended, /REGISTRY_REFUSED: the certificate shown at 127.0.0.1:\d+ has expired/);
  }, 30_000);

  it('a password that is changed under way ends the run with the sentence at the end of the session', async () => {
    const mine = { KAFKA_SASL_USERNAME: 'changing' };
    const user = { mechanism: 'scram-sha-512', username: 'changing', password } as const;
    await setPassword(cluster.inside, user);
    const service = startCli(['run'], { ...env, ...mine, LOG_LEVEL: 'trace' });
    try {
      await eventually(() => expect(service.err()).toContain('session open'), 30_000);
      await setPassword(cluster.inside, { ...user, password: 'another' });
      const deadline = setTimeout(() => service.child.kill('SIGKILL'), 30_000);
      const ended = await service.ended.finally(() => clearTimeout(deadline));
      outputs.push(ended.stderr);
      expectFault(ended, /(KAFKA|PUBLISH)_REFUSED: .*login of User:changing/);
    } finally {
      service.child.kill('SIGKILL');
    }
    expectOk(await run(['run', '--once']));
    const keys = (await readAll({ ...env, LOG_LEVEL: 'info' })).map(({ key }) => key);
    expect(keys).toHaveLength((await tmdb.oracle()).length);
    expect(new Set(keys).size).toBe(keys.length);
  }, 90_000);

  it('no output of any of these runs holds a part of a secret', () => {
    expect(outputs.length).toBeGreaterThan(3);
    const text = outputs.join('\n'); // megabytes: none of it goes into a message
    for (const secret of [...secrets, 'marker-of-a-secret'])
      for (let at = 0; at + 8 <= secret.length; at += 1) {
        const piece = secret.slice(at, at + 8);
        expect({ piece, isShown: text.includes(piece) }).toEqual({ piece, isShown: false });
      }
  });
});
