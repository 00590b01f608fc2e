import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The requests that a test can lie in wait for. */
export const apiKeys = {
  Produce: 0,
  FindCoordinator: 10,
  JoinGroup: 11,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  EndTxn: 26,
  SaslAuthenticate: 36,
} as const;
export type Api = keyof typeof apiKeys;

/** request: not yet forwarded to the broker. answer: the broker has done it, the client does not know yet. */
export type Side = 'request' | 'answer';
export type Verdict = 'pass' | 'cut';

/** What a test does meanwhile, and whether the frame goes on its way. */
export type Act = () => Verdict | Promise<Verdict>;

interface Rule {
  readonly api: Api;
  readonly side: Side;
  readonly act: Act;
  readonly met: (after: Promise<Verdict>) => void;
}

/** Calls back with whole frames, their length included, however TCP has cut them; copies each byte a few times at most. */
const frames = (onFrame: (frame: Buffer) => void) => {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 4;
  return (chunk: Buffer): void => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    let rest = Buffer.concat(chunks, size);
    needed = 4;
    while (rest.length >= 4) {
      const end = 4 + rest.readInt32BE(0);
      if (rest.length < end) {
        needed = end;
        break;
      }
      onFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    chunks = [rest];
    size = rest.length;
  };
};

/** Frames of one direction, in their order: each is forwarded once `see` says so. What was sent before an end arrives. */
const relay = (from: Socket, to: Socket, see: (frame: Buffer) => Promise<Verdict>): void => {
  let last = Promise.resolve();
  const forward = async (frame: Buffer): Promise<void> => {
    if ((await see(frame)) === 'pass') to.write(frame);
    else for (const socket of [from, to]) socket.destroy();
  };
  const onFrame = frames((frame) => void (last = last.then(async () => forward(frame))));
  from.on('data', onFrame).on('close', () => void last.then(() => to.destroySoon()));
};

/** Body of a JoinGroup request from version 1 on: group, session timeout, rebalance timeout. */
const rewriteSession = (request: Buffer, sessionMsOf: SessionMsOf): void => {
  const clientId = Math.max(0, request.readInt16BE(12));
  const at = 14 + clientId;
  const length = request.readInt16BE(at);
  const sessionMs = sessionMsOf(request.toString('utf8', at + 2, at + 2 + length));
  if (sessionMs !== null) request.writeInt32BE(sessionMs, at + 2 + length);
};

/** Body of an InitProducerId request: transactional id (nullable), transaction timeout. */
const rewriteTransaction = (request: Buffer, transactionMs: number): void => {
  const at = 14 + Math.max(0, request.readInt16BE(12));
  request.writeInt32BE(transactionMs, at + 2 + Math.max(0, request.readInt16BE(at)));
};

/** The session timeout that a group is to have instead of the one that it asks for; null leaves it alone. */
type SessionMsOf = (group: string) => number | null;

/** A TCP proxy that knows Kafka's frames, in front of as many brokers as are started `via` it. */
export const makeKafkaProxy = (sessionMsOf: SessionMsOf = () => null, transactionMs: number | null = null) => {
  const [rules, sockets, servers]: [Rule[], Set<Socket>, Server[]] = [[], new Set(), []];
  const state = { cuts: 0, silentAfterMs: Infinity, silenced: 0 };

  const judge = async (key: number | undefined, side: Side): Promise<Verdict> => {
    const at = rules.findIndex((each) => each.side === side && apiKeys[each.api] === key);
    const [rule] = at < 0 ? [] : rules.splice(at, 1);
    if (rule === undefined) return 'pass';
    const verdict = Promise.resolve().then(rule.act);
    rule.met(verdict);
    const said = await verdict.catch(() => 'pass' as const); // the test has it by `met`
    if (said === 'cut') state.cuts += 1;
    return said;
  };

  const serve = (client: Socket, broker: Socket): void => {
    const asked = new Map<number, number>(); // correlation id → api key
    let [lastAt, isSilent] = [performance.now(), false];
    const isHeard = (): boolean => {
      const now = performance.now();
      if (!isSilent && now - lastAt > state.silentAfterMs) {
        isSilent = true;
        state.silenced += 1;
      }
      lastAt = now;
      return !isSilent;
    };
    const never = new Promise<Verdict>(() => undefined);
    relay(client, broker, async (request) => {
      if (!isHeard()) return never;
      const [key, correlation] = [request.readInt16BE(4), request.readInt32BE(8)];
      asked.set(correlation, key);
      if (key === apiKeys.JoinGroup) rewriteSession(request, sessionMsOf);
      if (key === apiKeys.InitProducerId && transactionMs !== null) rewriteTransaction(request, transactionMs);
      return judge(key, 'request');
    });
    relay(broker, client, async (answer) => {
      lastAt = performance.now();
      const correlation = answer.readInt32BE(4);
      const key = asked.get(correlation);
      asked.delete(correlation);
      return judge(key, 'answer');
    });
  };

  const hold = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket
      .setNoDelay(true)
      .on('error', () => undefined)
      .on('close', () => sockets.delete(socket));
  };
  return {
    /** For startCluster. */
    via: async (target: string): Promise<string> => {
      const [host = '', port = ''] = target.split(':');
      const server = createServer((client) => {
        const broker = hold(connect({ host, port: Number(port) }));
        serve(hold(client), broker);
      });
      servers.push(server.listen(0, '127.0.0.1'));
      await once(server, 'listening');
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    /** What happens to the next one of a kind, once. Resolves when it has been done. */
    meet: async (api: Api, side: Side, act: Act): Promise<Verdict> =>
      new Promise((met) => rules.push({ api, side, act, met })),
    /** Takes back what has not been met. */
    forget: (): void => void rules.splice(0),
    /** Connections that were idle for so long are dead from then on, and nobody is told: as load balancers do it. */
    silentAfter: (ms: number): void => void (state.silentAfterMs = ms),
    cuts: (): number => state.cuts,
    silenced: (): number => state.silenced,
    close: (): void => {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
export type KafkaProxy = ReturnType<typeof makeKafkaProxy>;
