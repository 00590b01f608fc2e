import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';

const run = (dir: string, args: readonly string[]): Buffer =>
  execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });

const isHere = ((): boolean => {
  try {
    return run('.', ['version']).toString().startsWith('OpenSSL 3');
  } catch {
    return false;
  }
})();

/** Tests that need certificates. */
export const withOpenssl = (title: string, tests: () => void): void =>
  isHere ? describe(title, tests) : describe.skip(`${title}: OpenSSL 3 is not here`, tests);

export interface Issued {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  /** Where they lie, one behind the other in `both`. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly both: string;
}

/** An authority in a folder of its own, which `close` takes away. */
export const makeAuthority = (name: string) => {
  const dir = mkdtempSync(join(tmpdir(), 'tmdb-cdc-pem-'));
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const openssl = (...args: readonly string[]): Buffer => run(dir, args);
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
  openssl('req', '-x509', ...fresh, '-subj', `/CN=${name}`, '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem');
  return {
    dir,
    pem: read('ca.pem'),
    file: join(dir, 'ca.pem'),
    openssl,
    /** `days` may be negative: expired. */
    issue: (subject: string, names = 'IP:127.0.0.1', days = 2): Issued => {
      const [key, csr, cert, both] = ['key', 'csr', 'pem', 'both'].map((end) => `${subject}${days}.${end}`);
      const wanted = ['-subj', `/CN=${subject}`, '-addext', `subjectAltName=${names}`];
      openssl('req', ...fresh, ...wanted, '-keyout', `${key}`, '-out', `${csr}`);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days)];
      openssl('x509', '-req', '-in', `${csr}`, ...by, '-copy_extensions', 'copy', '-out', `${cert}`);
      execFileSync('/bin/sh', ['-c', `cat ${key} ${cert} > ${both}`], { cwd: dir });
      return {
        cert: read(`${cert}`),
        key: read(`${key}`),
        certFile: join(dir, `${cert}`),
        keyFile: join(dir, `${key}`),
        both: join(dir, `${both}`),
      };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
};
