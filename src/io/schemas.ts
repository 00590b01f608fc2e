import { Agent } from 'node:https';
import { Compatibility, SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { RestError } from '@confluentinc/schemaregistry/dist/rest-error.js';
import { authorizationOf } from '../core/credentials.ts';
import { ServiceError } from '../core/errors.ts';
import { tlsProblemIn, whyUnreachable } from '../core/network.ts';

/** What we ask of a Confluent-compatible registry. Each rejects with REGISTRY_UNREACHABLE where none answers. */
export interface Registry {
  /** The id under which the subject holds this very schema, null where it does not. */
  readonly idOf: (subject: string, schema: string) => Promise<number | null>;
  /** Throws SCHEMA_INCOMPATIBLE. */
  readonly register: (subject: string, schema: string) => Promise<number>;
  /** The subject's own level, null where none is set. */
  readonly levelOf: (subject: string) => Promise<string | null>;
  /** Sets FULL_TRANSITIVE: every version reads and is read by every other. */
  readonly setLevel: (subject: string) => Promise<void>;
  /** Any schema by its id, as JSON text; null where there is none. */
  readonly schemaOf: (subject: string, id: number) => Promise<string | null>;
  /** Ends the connections that it keeps open. */
  readonly close: () => void;
}

const statusOf = (error: unknown): number | null => (error instanceof RestError ? error.status : null);

const readOnly = 42205;

const refusedBy = (subject: string, error: RestError): ServiceError => {
  const sentence = `the registry refuses the schema of ${subject} (${error.status}, ${error.message.slice(0, 300)})`;
  return error.errorCode === readOnly
    ? new ServiceError('REGISTRY_REFUSED', `${sentence}: it is read-only, and lacks this one: let it be written`, error)
    : new ServiceError('SCHEMA_INCOMPATIBLE', sentence, error);
};

/** As whom we ask, for a sentence. */
const userOf = (auth: string | null): string => {
  if (auth === null) return 'without a login';
  return auth.includes(':') ? `as user ${auth.slice(0, auth.indexOf(':'))}` : 'with a token';
};

const whyRefused = (status: number, subject: string, auth: string | null): string => {
  const answer = `the schema registry answers ${status} for ${subject}, asked ${userOf(auth)}`;
  if (status === 401) return `${answer}: check SCHEMA_REGISTRY_AUTH (of changes(): registryAuth)`;
  return status === 403 ? `${answer}: a right is missing, docs/security.md has the list` : answer;
};

/** Translates what the client throws. */
const makeAttempt =
  (host: string, auth: string | null) =>
  async <T>(subject: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const status = statusOf(error);
      if (error instanceof RestError && (status === 409 || status === 422)) throw refusedBy(subject, error);
      if (status !== null && status < 500)
        throw new ServiceError('REGISTRY_REFUSED', whyRefused(status, subject, auth), error);
      const tls = status === null ? tlsProblemIn(error, host) : null;
      if (tls !== null)
        throw new ServiceError(
          'REGISTRY_REFUSED',
          `${tls} (SCHEMA_REGISTRY_URL, SCHEMA_REGISTRY_CA_FILE; of changes(): registry, registryCa)`,
          error,
        );
      const why = status === null ? whyUnreachable(error, host) : `it answers ${status} for ${subject}`;
      throw new ServiceError('REGISTRY_UNREACHABLE', `the schema registry cannot be used: ${why}`, error);
    }
  };

// A registry says "not there" in several dialects (40401, 40403, 40408, a plain 404): the status is what counts.
const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
};

const avro = (schema: string) => ({ schemaType: 'AVRO', schema });

export interface RegistryOptions {
  /** `user:password`, where the first colon parts them, or a bearer token. */
  readonly auth?: string | null;
  /** PEM: the authorities that alone may sign for it; unset or null: the public ones. */
  readonly ca?: string | null;
}

export const makeRegistry = (url: string, { auth = null, ca = null }: RegistryOptions = {}): Registry => {
  const attempt = makeAttempt(new URL(url).host, auth);
  const agent = ca === null ? null : new Agent({ ca, keepAlive: true });
  const client = SchemaRegistryClient.newClient({
    baseURLs: [url],
    maxRetries: 0,
    createAxiosDefaults: {
      timeout: 5000, // none by default: a registry that hangs would hang us
      ...(auth === null ? {} : { headers: { common: { Authorization: authorizationOf(auth) } } }),
      ...(agent && { httpsAgent: agent }),
    },
  });
  return {
    idOf: async (subject, schema) => attempt(subject, orNull(client.getId(subject, avro(schema), false))),
    register: async (subject, schema) => attempt(subject, client.register(subject, avro(schema), false)),
    levelOf: async (subject) => attempt(subject, orNull(client.getCompatibility(subject))),
    setLevel: async (subject) => {
      const what = `${subject} (its level FULL_TRANSITIVE: the right to set compatibility is needed)`;
      await attempt(what, client.updateCompatibility(subject, Compatibility.FULL_TRANSITIVE));
    },
    schemaOf: async (subject, id) => {
      const found: unknown = (await attempt(subject, orNull(client.getBySubjectAndId(subject, id))))?.schema;
      if (typeof found === 'string') return found;
      // Any server says 404, or answers with a page: only a registry lists subjects, or says why it does not.
      const subjects: unknown = await orNull(client.getAllSubjects()).catch(() => []);
      if (Array.isArray(subjects)) return null;
      const sentence = `${url} is no schema registry: check its address and its path (SCHEMA_REGISTRY_URL; of changes(): registry)`;
      throw new ServiceError('REGISTRY_REFUSED', sentence);
    },
    close: () => agent?.destroy(),
  };
};
