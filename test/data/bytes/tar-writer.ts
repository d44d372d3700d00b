// Tar archives as Python's tarfile writes them (ustar), for tests.
import { bytesOf } from '../pickle/pickle-writer.ts';

export function tarOf(members: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const blocks = members.map(([name, content]) => [
    header(name, content.length, name.endsWith('/') ? '5' : '0'),
    content,
    new Uint8Array((512 - (content.length % 512)) % 512),
  ]);
  return bytesOf(blocks, new Uint8Array(1024));
}

function header(name: string, size: number, type: string): Uint8Array {
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  const text = [
    name.padEnd(100, '\0'),
    octal(0o644, 8),
    octal(0, 8),
    octal(0, 8),
    octal(size, 12),
    octal(0, 12),
    ' '.repeat(8),
    type,
    '\0'.repeat(100),
    'ustar\x0000',
  ].join('');
  const block = bytesOf(text.padEnd(512, '\0'));
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return block;
}
