import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeSettings } from '../support/settings.ts';
import { authorizationOf } from '../../src/core/credentials.ts';
import { makeAuthority, withOpenssl } from '../support/certificates.ts';

const nowhere = 'there is none';
const files = new Map<string, string>();
const readText = (path: string, isSecret = false): string => {
  const text = files.get(path);
  if (text === undefined) throw new Error(isSecret ? `its file: ${nowhere}` : `file ${path}: ${nowhere}`);
  return text;
};
const { read, problemsOf } = makeSettings(0, readText);

const login = { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'secret-it-is' };
const password = 'p:a@s,s=w%20 "ö$';

describe('a password', () => {
  it.each([password, ` ${password} `, '"quoted"', '  x', 'Bearer of news'])('%j is taken as it stands', (text) => {
    expect(read({ ...login, KAFKA_SASL_PASSWORD: text }).KAFKA_SASL_PASSWORD).toBe(text);
    for (const end of ['', '\n', '\r\n', '\n\n']) {
      files.set('password', `${text}${end}`);
      const given = { ...login, KAFKA_SASL_PASSWORD: undefined, KAFKA_SASL_PASSWORD_FILE: 'password' };
      expect(read(given).KAFKA_SASL_PASSWORD).toBe(text);
      files.set('password', `\ufeff${text}${end}`);
      expect(read(given).KAFKA_SASL_PASSWORD).toBe(text);
    }
  });

  it.each(['secret\nsecret', 'secret\0'])('%j is refused without a word of it', (text) => {
    const problems = problemsOf({ ...login, KAFKA_SASL_PASSWORD: text });
    expect(problems).toEqual(['KAFKA_SASL_PASSWORD: holds a line break or a NUL']);
  });
});

describe('SCHEMA_REGISTRY_AUTH', () => {
  it.each([
    [`us er:${password}`, `Basic ${Buffer.from(`us er:${password}`).toString('base64')}`],
    ['user: lead', `Basic ${Buffer.from('user: lead').toString('base64')}`],
    ['user:', `Basic ${Buffer.from('user:').toString('base64')}`],
    ['Bearer abc.def\n', 'Bearer abc.def'],
    [' abc== ', 'Bearer abc=='],
  ])('%j is %j', (text, header) => {
    expect(authorizationOf(read({ SCHEMA_REGISTRY_AUTH: text }).SCHEMA_REGISTRY_AUTH ?? '')).toBe(header);
    files.set('auth', `${text}\n`);
    expect(authorizationOf(read({ SCHEMA_REGISTRY_AUTH_FILE: 'auth' }).SCHEMA_REGISTRY_AUTH ?? '')).toBe(header);
  });

  it.each([
    ['"user:secret"', 'quotation mark'],
    [':secret', 'no user'],
    ['secret secret', 'neither user:password nor a bearer token'],
    ['secrét', 'neither'],
    ['user:secret\nsecret', 'line break'],
  ])('%j is refused without a word of it', (text, reason) => {
    const [problem, ...others] = problemsOf({ SCHEMA_REGISTRY_AUTH: text });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^SCHEMA_REGISTRY_AUTH: .*${reason}`));
    expect(problem).not.toMatch(/secr/);
  });

  it('does not belong into the URL', () =>
    expect(problemsOf({ SCHEMA_REGISTRY_URL: 'http://user:secret@r:8081' })).toEqual([
      'SCHEMA_REGISTRY_URL: holds a user or a password: put them into SCHEMA_REGISTRY_AUTH',
    ]));
});

withOpenssl('certificates and keys', () => {
  const closing: (() => void)[] = [];
  afterAll(() => closing.forEach((close) => close()));
  beforeAll(() => {
    const authority = makeAuthority('tests');
    closing.push(authority.close);
    for (const name of ['ours', 'theirs']) {
      const { cert, key } = authority.issue(name);
      files.set(`${name}.pem`, cert).set(`${name}.key`, key);
    }
    const lock = ['-topk8', '-in', 'ours2.key', '-passout', 'pass:x'];
    files.set('locked.key', authority.openssl('pkcs8', ...lock).toString());
    files.set('bundle.pem', `# who signs\n${files.get('ours.pem') ?? ''}\n${authority.pem}`);
    files.set('broken.pem', authority.pem.replace(/[A-Za-z]{9}/, '?????????'));
    files.set('der', '0\u0082\u0001');
  });

  it('are read', () => {
    const given = { KAFKA_SSL_CA_FILE: 'bundle.pem', KAFKA_SSL_CERT_FILE: 'ours.pem', KAFKA_SSL_KEY_FILE: 'ours.key' };
    const config = read({ ...given, SCHEMA_REGISTRY_CA_FILE: ' theirs.pem ' });
    expect(config.KAFKA_SSL_CA_FILE).toContain('BEGIN CERTIFICATE');
    expect(config.SCHEMA_REGISTRY_CA_FILE).toBe(files.get('theirs.pem')?.trim());
  });

  it.each([
    [{ KAFKA_SSL_CA_FILE: 'none.pem' }, ['KAFKA_SSL_CA_FILE: file none.pem: there is none']],
    [{ KAFKA_SSL_CA_FILE: 'der' }, ['KAFKA_SSL_CA_FILE: the file is not PEM: a certificate begins with']],
    [{ KAFKA_SSL_CA_FILE: 'broken.pem' }, ['KAFKA_SSL_CA_FILE: the file is not PEM']],
    [{ KAFKA_SSL_CA_FILE: 'ours.key' }, ['KAFKA_SSL_CA_FILE: the file is not PEM']],
    [{ SCHEMA_REGISTRY_CA_FILE: 'none.pem' }, ['SCHEMA_REGISTRY_CA_FILE: file none.pem: there is none']],
    [
      { KAFKA_SSL_CERT_FILE: 'ours.pem', KAFKA_SSL_KEY_FILE: 'ours.pem' },
      ['KAFKA_SSL_KEY_FILE: the file is not PEM: a key begins with'],
    ],
    [
      { KAFKA_SSL_CERT_FILE: 'ours.pem', KAFKA_SSL_KEY_FILE: 'locked.key' },
      ['KAFKA_SSL_KEY_FILE: the key is encrypted: give one without a passphrase'],
    ],
    [
      { KAFKA_SSL_CERT_FILE: 'ours.pem', KAFKA_SSL_KEY_FILE: 'theirs.key' },
      ['KAFKA_SSL_KEY_FILE: is not the key of the certificate in KAFKA_SSL_CERT_FILE'],
    ],
    [{ KAFKA_SSL_CERT_FILE: 'ours.pem' }, ['KAFKA_SSL_CERT_FILE: needs KAFKA_SSL_KEY_FILE beside it']],
    [{ KAFKA_SSL_KEY_FILE: 'ours.key' }, ['KAFKA_SSL_KEY_FILE: needs KAFKA_SSL_CERT_FILE beside it']],
    [
      { KAFKA_SSL: 'False', KAFKA_SSL_CA_FILE: 'ours.pem' },
      ['KAFKA_SSL_CA_FILE: goes with TLS, and KAFKA_SSL is false: unset one of them'],
    ],
    [{ KAFKA_SSL: 'yes' }, ['KAFKA_SSL: is not true or false']],
    [
      { KAFKA_SASL_MECHANISM: 'scram-sha-256' },
      ['KAFKA_SASL_MECHANISM: needs KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM: needs KAFKA_SASL_PASSWORD'],
    ],
    [{ ...login, KAFKA_SASL_MECHANISM: '' }, ['KAFKA_SASL_USERNAME: needs', 'KAFKA_SASL_PASSWORD: needs']],
    [{ ...login, KAFKA_SASL_MECHANISM: 'gssapi' }, ['KAFKA_SASL_MECHANISM: is not plain, scram']],
    [{ ...login, KAFKA_SASL_PASSWORD_FILE: 'auth' }, ['KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set']],
  ])('%j is answered in a sentence each', (env, sentences) => {
    const problems = problemsOf(env);
    expect(problems).toEqual(sentences.map((sentence) => expect.stringContaining(sentence)));
    expect(problems.join()).not.toMatch(/secret-it|PRIVATE KEY.*\w{30}/);
  });

  it('a key given in place of its file is not shown', () => {
    const key = files.get('ours.key') ?? '';
    const problems = problemsOf({ KAFKA_SSL_KEY_FILE: key, KAFKA_SSL_CERT_FILE: 'ours.pem' });
    expect(problems).toEqual([`KAFKA_SSL_KEY_FILE: its file: ${nowhere}`]);
  });
});
