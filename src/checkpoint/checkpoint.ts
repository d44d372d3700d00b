// Opens a checkpoint of any format that is read here; what it is is told by its first bytes, not by its name.
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { ClipError, whileReading } from '../errors.ts';
import { LARGEST_HEADER, openSafetensors, safetensorsHeaderLength } from './safetensors.ts';
import type { Checkpoint } from './stored-tensor.ts';
import { openTorchArchive } from './torch-archive.ts';

/**
 * OpenAI's TorchScript archives, PyTorch's zip state dicts, safetensors. Reads the list of tensors, not their numbers.
 * The source stays the caller's, and must stay open while tensors are read.
 */
export async function openCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const start = await source.read(0, Math.min(256, source.size));
  return whileReading(
    source.name ?? 'checkpoint',
    'the file is damaged or made wrongly: fetch or write it again',
    () => {
      if (start[0] === 0x50 && start[1] === 0x4b) return openTorchArchive(source); // PK: a zip
      if (safetensorsHeaderLength(start, source.size) !== undefined) return openSafetensors(source);
      throw unknownFormat(start, source);
    },
  );
}

const EXPECTED = 'a PyTorch zip archive or safetensors';

/** What the file is instead, where its first bytes tell. */
function unknownFormat(start: Uint8Array, source: ByteSource): ClipError {
  const file = source.name ?? 'checkpoint';
  const text = String.fromCharCode(...start);
  if (start[0] === 0x80 && start[1]! <= 5) {
    return new ClipError(`${file} is not a zip archive`, {
      expected: EXPECTED,
      got: "a bare pickle, PyTorch's format before 1.6",
      hint: 'save it again with a current PyTorch: torch.save(torch.load(path), path)',
    });
  }
  if (start[8] === 0x7b) {
    return new ClipError(`${file}: a safetensors header whose length lies`, {
      expected: `at most ${Math.min(source.size - 8, LARGEST_HEADER)} bytes`,
      got: new DataView(start.buffer, start.byteOffset).getBigUint64(0, true).toString(),
      hint: 'the file is cut off; fetch it again',
    });
  }
  if (text.startsWith('version https://git-lfs')) {
    return new ClipError(`${file}`, {
      expected: EXPECTED,
      got: 'a Git LFS pointer',
      hint: 'run git lfs pull',
    });
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    return new ClipError(`${file}`, {
      expected: EXPECTED,
      got: 'a web page',
      hint: 'the download went wrong',
    });
  }
  return new ClipError(`${file} is no checkpoint`, {
    expected: EXPECTED,
    got: 'neither, by its first bytes',
  });
}
