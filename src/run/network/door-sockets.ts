/**
 * The connections to the door: bounded for each client, and for those who have not said who they are.
 * Threat: code in one job opens connections without end, or opens them and says nothing, so that the other jobs find the
 * door shut.
 */
import type { Duplex } from 'node:stream';
import type { ClientState } from './door-client.ts';

/** Of one client, with a request under way or just opened. */
const MAX_CONNECTIONS = 64;
/** Of those who have not said who they are: the oldest is closed for a new one. */
const MAX_STRANGERS = 256;

interface Seat {
  client: ClientState | null;
  /** Requests under way. */
  busy: number;
}

export interface DoorSockets {
  add(socket: Duplex): void;
  /**
   * The one on this connection is `client`.
   * @returns false when it has too many connections; one without a request under way is closed for this one.
   */
  seat(socket: Duplex, client: ClientState): boolean;
  /** A request begins on this connection; the function that it gives ends it. Null when its client has too many. */
  begin(socket: Duplex): (() => void) | null;
  closeAll(): void;
}

export function createDoorSockets(): DoorSockets {
  // Maps keep the order: the least recently used is first.
  const strangers = new Set<Duplex>();
  const seats = new Map<Duplex, Seat>();
  const byClient = new Map<ClientState, Set<Duplex>>();

  function leave(socket: Duplex): void {
    strangers.delete(socket);
    const client = seats.get(socket)?.client ?? null;
    seats.delete(socket);
    if (client !== null) byClient.get(client)?.delete(socket);
  }

  function requestsOf(client: ClientState): number {
    const own = byClient.get(client) ?? new Set<Duplex>();
    return own.values().reduce((sum, socket) => sum + (seats.get(socket)?.busy ?? 0), 0);
  }

  return {
    add(socket) {
      socket.on('error', () => socket.destroy());
      socket.once('close', () => leave(socket));
      strangers.add(socket);
      seats.set(socket, { client: null, busy: 0 });
      const [oldest] = strangers;
      if (strangers.size > MAX_STRANGERS) oldest?.destroy();
      if (strangers.size > MAX_STRANGERS && oldest !== undefined) leave(oldest);
    },
    seat(socket, client) {
      const seat = seats.get(socket);
      if (seat === undefined) return false;
      if (seat.client === client) return true;
      const own = byClient.get(client) ?? new Set<Duplex>();
      byClient.set(client, own);
      if (own.size >= MAX_CONNECTIONS) {
        const idle = own.values().find((other) => seats.get(other)?.busy === 0);
        if (idle === undefined) return false;
        idle.destroy();
        leave(idle);
      }
      strangers.delete(socket);
      seat.client = client;
      own.add(socket);
      return true;
    },
    begin(socket) {
      const seat = seats.get(socket);
      if (seat === undefined || seat.client === null) return null;
      // Requests can also come one behind another on a single connection, without waiting for answers.
      if (requestsOf(seat.client) >= MAX_CONNECTIONS) return null;
      const own = byClient.get(seat.client);
      own?.delete(socket);
      own?.add(socket);
      seat.busy += 1;
      let isOver = false;
      return () => {
        if (!isOver) seat.busy -= 1;
        isOver = true;
      };
    },
    closeAll() {
      for (const socket of seats.keys()) socket.destroy();
    },
  };
}
