// One request after another for what a part lacks. A server is believed nothing: not where its bytes begin, not how
// many there are, not that they have come to their end.
import { dirname } from 'node:path';
import { checkRoom, sizeText } from '../../disk.node.ts';
import { Connection, type Delivery } from './connection.node.ts';
import { Interrupted, Refused } from './failure.ts';
import type { PartFile } from './part-file.node.ts';
import type { PublishedFile } from './published.node.ts';

export interface ReceiveSettings {
  /** Nothing came for so long: the connection is given up. */
  idleMs: number;
  freeBytes: (folder: string) => Promise<number>;
}

export interface ReceiveCalls {
  /** Bytes that are there, of so many as are expected. */
  onBytes?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export class Receiver {
  readonly #file: PublishedFile;
  readonly #part: PartFile;
  readonly #settings: ReceiveSettings;
  readonly #calls: ReceiveCalls;
  readonly #connection: Connection;
  #fromStart: boolean;
  /** Whether what is there came in one piece: several may not belong together. */
  isOnePiece: boolean;
  /** Whether the server has ever answered. */
  isKnown = false;

  constructor(file: PublishedFile, part: PartFile, settings: ReceiveSettings, calls: ReceiveCalls) {
    this.#file = file;
    this.#part = part;
    this.#settings = settings;
    this.#calls = calls;
    this.#connection = new Connection(settings.idleMs);
    this.isOnePiece = part.size === 0;
    this.#fromStart = part.size > file.bytes.most;
  }

  /** The next request is for the whole file; what is there is dropped when that comes. */
  startOver(): void {
    this.#fromStart = true;
  }

  /** Asks once, and keeps what comes. False where the rest is still to be asked for. Throws Interrupted or Refused. */
  async receive(): Promise<boolean> {
    const part = this.#part;
    const { url, bytes } = this.#file;
    const asked = this.#fromStart ? 0 : part.size;
    const delivery = await this.#connection.get(url, asked, this.#calls.signal);
    this.isKnown = true;
    if (!delivery) {
      this.startOver();
      throw new Interrupted(`the server has no byte ${asked}`);
    }
    try {
      await this.#begin(delivery, asked);
      const total = delivery.total ?? (bytes.least === bytes.most ? bytes.most : undefined);
      await this.#keep(delivery, total ?? bytes.about);
      if (part.size < (delivery.end ?? total ?? 0)) throw new Interrupted('the server stopped early');
      if (total === undefined && !delivery.hasEnd) throw new Interrupted('the connection was closed');
      return total === undefined || part.size >= total;
    } finally {
      delivery.hangUp();
    }
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Sees that what follows belongs behind what is there, or begins the file anew. */
  async #begin({ start, total }: Delivery, asked: number): Promise<void> {
    if (start !== asked && start !== 0) {
      this.startOver();
      throw new Interrupted(`the server sends another part of the file than the one from byte ${asked}`);
    }
    this.#checkTotal(total);
    await this.checkRoom(total ?? this.#file.bytes.about);
    if (start === 0 && this.#part.size > 0) await this.#part.restart();
    this.isOnePiece = start === 0;
    this.#fromStart = false;
  }

  async #keep({ end, pieces }: Delivery, total: number): Promise<void> {
    const part = this.#part;
    const { most } = this.#file.bytes;
    this.#calls.onBytes?.(part.size, total);
    for await (const piece of pieces) {
      const wanted = piece.subarray(0, Math.min(end ?? most, most) - part.size);
      await part.append(wanted);
      this.#calls.onBytes?.(part.size, Math.max(total, part.size));
      if (wanted.length === piece.length) continue;
      if (end !== undefined) return; // more than it has announced
      await part.restart();
      throw new Refused(`the server sends more than the ${most} bytes that the file can have`);
    }
  }

  /** An announced size that the file cannot have is another file's, or a page's. What is there stays. */
  #checkTotal(total: number | undefined): void {
    const { least, most } = this.#file.bytes;
    if (total === undefined || (total >= least && total <= most)) return;
    const expected = least === most ? `${most} bytes` : `between ${sizeText(least)} and ${sizeText(most)}`;
    throw new Refused(`the server announces ${total} bytes, where the file has ${expected}`);
  }

  /** Throws ClipError when the disk has no room for the rest of a file of so many bytes. */
  async checkRoom(total: number): Promise<void> {
    const { folder, name } = { folder: dirname(this.#part.path), name: this.#file.name };
    const missing = Math.max(0, total - (this.#fromStart ? 0 : this.#part.size));
    const hint = `clip-tfjs download ${name} --root DIR puts it elsewhere`;
    checkRoom(folder, missing, await this.#settings.freeBytes(folder), `for the rest of ${name}`, hint);
  }
}
