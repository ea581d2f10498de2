// The nodes of the cluster: a node that does not respond is left out, and returns after a probe and one request.
import {
  BaseConnection,
  ClusterConnectionPool,
  type Connection,
  type ConnectionPoolOptions,
  type GetConnectionOptions,
} from '@elastic/elasticsearch';
import { BoundedConnection } from './bounded-connection.ts';

type ResurrectOptions = Parameters<ClusterConnectionPool['resurrect']>[0];

const firstProbeMs = 30_000;
/** The time to the next probe doubles with each failure, this often: to 8 minutes. */
const doublings = 4;
const maxWaitMs = firstProbeMs * 2 ** doublings;
const deadStatuses: readonly (number | undefined)[] = [502, 503, 504];

/**
 * The client's pool with two differences. A probe alone does not prove that a node works: after it, the node gets one
 * request at a time until it has responded to one. And a step of the clock keeps no node out for longer.
 */
export class NodePool extends ClusterConnectionPool {
  /** Called when a node is left out (false), and when it has responded to a request again (true). */
  onChange: (host: string, isUp: boolean) => void = () => {};
  readonly #probed = new Set<Connection>();

  constructor(options: ConnectionPoolOptions) {
    super(options);
    this.resurrectTimeout = firstProbeMs;
    this.resurrectTimeoutCutoff = doublings;
  }

  /** Requests that were in flight together fail together: they count once. */
  override markDead(connection: Connection): this {
    if (connection.status === BaseConnection.statuses.DEAD) return this;
    if (connection.deadCount === 0) this.onChange(connection.url.host, false);
    return super.markDead(connection);
  }

  override markAlive(connection: Connection): this {
    if (connection.deadCount > 0) this.onChange(connection.url.host, true);
    return super.markAlive(connection);
  }

  override resurrect({ now, requestId, name, context }: ResurrectOptions): void {
    const connection = this.connections.find(({ id }) => id === this.dead[0]);
    if (connection === undefined || this.#probed.has(connection)) return;
    const waitMs = connection.resurrectTimeout - now;
    if (waitMs > 0 && waitMs <= maxWaitMs) return;
    this.#probed.add(connection);
    connection
      .request({ method: 'HEAD', path: '/' }, { timeout: this.pingTimeout, requestId, name, context })
      .then(
        ({ statusCode }) => {
          if (deadStatuses.includes(statusCode)) super.markDead(connection);
          else this.#readmit(connection);
        },
        () => super.markDead(connection),
      )
      .finally(() => this.#probed.delete(connection));
  }

  /** Not `markAlive`: the failures count until the node has responded to a request. */
  #readmit(connection: Connection): void {
    this.dead = this.dead.filter((id) => id !== connection.id);
    connection.status = BaseConnection.statuses.ALIVE;
  }

  override getConnection(options: GetConnectionOptions): Connection | null {
    const { filter = () => true } = options;
    const ready = (connection: Connection) => filter(connection) && !isOnTrial(connection);
    return super.getConnection({ ...options, filter: ready }) ?? super.getConnection(options);
  }
}

/** Its last request failed, and it has not responded to the next one yet. */
function isOnTrial(connection: Connection): boolean {
  return connection.deadCount > 0 && connection instanceof BoundedConnection && connection.waiting > 0;
}
