/**
 * A way to a server that can be cut, frozen and slowed, as networks do, in one direction or both.
 *
 * 1. What is passed on arrives in order and whole, the end of a connection included.
 * 2. What a frozen direction holds is passed on when it is thawed, unless its connection is cut.
 * 3. A slow direction lets every piece arrive later by the same time: an answer of many pieces is
 *    late once.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Seen from whoever connects to the proxy. */
export const DIRECTIONS = ['to_server', 'to_client'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface TcpProxy {
  port: number;
  /** Resets what is open and takes nothing more. */
  close(): Promise<void>;
  /** Takes connections again, on the same port. */
  open(): Promise<void>;
  /** Resets what is open; the next connection gets through. */
  cut(): void;
  /** Keeps everything open and passes nothing on, until it is thawed. Default: both directions. */
  freeze(direction?: Direction): void;
  thaw(direction?: Direction): void;
  /** From now on everything arrives this much later; 0 ends it. Default: both directions. */
  slow(delayMs: number, direction?: Direction): void;
}

/** What one direction of one connection may hold before its sender has to wait. */
const HELD_BYTES_MAX = 1024 * 1024;

interface Rule {
  isFrozen: boolean;
  delayMs: number;
}

/** One direction of one connection. */
class Lane {
  private readonly held: { dueAt: number; bytes: number; pass: () => void }[] = [];
  private heldBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly rule: Rule,
  ) {
    from.on('data', (chunk) => {
      this.take(chunk.length, () => !to.destroyed && to.write(chunk));
    });
    to.on('drain', () => this.passOn());
    from.on('end', () => this.take(0, () => to.end()));
    from.on('error', () => this.take(0, () => to.resetAndDestroy()));
    // A sender that is gone without a word: its connection ends there, too.
    from.on('close', () => this.take(0, () => to.end()));
    to.on('close', () => clearTimeout(this.timer));
  }

  /** Passes on what is due and may pass, and lets the sender go on once there is room. */
  passOn(): void {
    clearTimeout(this.timer);
    let next = this.held[0];
    while (next !== undefined && !this.rule.isFrozen && next.dueAt <= Date.now()) {
      this.held.shift();
      this.heldBytes -= next.bytes;
      next.pass();
      next = this.held[0];
    }
    if (this.heldBytes >= HELD_BYTES_MAX || this.to.writableNeedDrain) this.from.pause();
    else this.from.resume();
    if (next === undefined || this.rule.isFrozen) return;
    this.timer = setTimeout(() => this.passOn(), next.dueAt - Date.now());
  }

  private take(bytes: number, pass: () => void): void {
    this.held.push({ dueAt: Date.now() + this.rule.delayMs, bytes, pass });
    this.heldBytes += bytes;
    this.passOn();
  }
}

/** @returns a proxy on a free port of this machine that leads to `target`. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const rules: Record<Direction, Rule> = {
    to_server: { isFrozen: false, delayMs: 0 },
    to_client: { isFrozen: false, delayMs: 0 },
  };
  const sockets = new Set<Socket>();
  const lanes = new Set<Lane>();
  const change = (direction: Direction | undefined, to: Partial<Rule>): void => {
    for (const each of direction === undefined ? DIRECTIONS : [direction]) {
      Object.assign(rules[each], to);
    }
    for (const lane of lanes) lane.passOn();
  };
  const keep = (socket: Socket, lane: Lane): void => {
    sockets.add(socket);
    lanes.add(lane);
    socket.on('close', () => {
      sockets.delete(socket);
      lanes.delete(lane);
    });
  };
  const serve = (): Server =>
    createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = connect({ ...target, allowHalfOpen: true, noDelay: true });
      keep(far, new Lane(near, far, rules.to_server));
      keep(near, new Lane(far, near, rules.to_client));
    });
  const listen = (server: Server, port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  let server = serve();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
    async open() {
      server = serve();
      await listen(server, port);
    },
    freeze: (direction) => change(direction, { isFrozen: true }),
    thaw: (direction) => change(direction, { isFrozen: false }),
    slow: (delayMs, direction) => change(direction, { delayMs }),
  };
}
