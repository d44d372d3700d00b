// The recorded checkpoints, and the same in forms that PyTorch does not write by default: compressed, and with zip64.
import { readFileSync } from 'node:fs';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { openZip } from '../../src/checkpoint/zip.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { type ZipPart, zipOf } from './zip-writer.ts';

export function fixture(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/checkpoints/${file}`, import.meta.url)));
}

export async function partsOf(archive: Uint8Array): Promise<ZipPart[]> {
  const parts: ZipPart[] = [];
  for (const [name, member] of await openZip(bytesSource(archive)))
    parts.push({ name, content: await member.read() });
  return parts;
}

export async function deflated(archive: Uint8Array): Promise<Uint8Array> {
  return zipOf((await partsOf(archive)).map((part) => ({ ...part, deflate: true })));
}

export async function inZip64(archive: Uint8Array): Promise<Uint8Array> {
  const parts = await partsOf(archive);
  return zipOf(
    parts.map((part) => ({ ...part, zip64: true })),
    { zip64: true },
  );
}

/** All that a file holds: metadata, and each tensor's type, shape and bytes. */
export async function contentOf(bytes: Uint8Array): Promise<string> {
  const { format, tensors, metadata } = await openCheckpoint(bytesSource(bytes, 'file'));
  const parts = [format, ...[...metadata].flat()];
  for (const { name, dtype, shape, readBytes } of tensors.values()) {
    parts.push(`${name} ${dtype} [${shape}]`, Buffer.from(await readBytes()).toString('latin1'));
  }
  return parts.join('\n');
}
