// Compressed chunks in, their content out, through the DecompressionStream that browsers and Node both have.
import { ClipError } from '../../errors.ts';

/** `format` as DecompressionStream names it. Throws a ClipError when the content is damaged or cut off. */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  format: 'gzip' | 'deflate-raw',
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const compressed = new ReadableStream<BufferSource>({
    async pull(controller) {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await source.return?.();
    },
  });
  const reader = compressed.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    while (true) {
      const next = await reader.read().catch((error: unknown) => {
        throw damaged(name, error);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Also when the reader wants no more: the source is told to stop. A second failure says nothing new.
    await reader.cancel().catch(() => undefined);
  }
}

function damaged(name: string, error: unknown): ClipError {
  if (error instanceof ClipError) return error;
  return new ClipError(
    `${name}: compressed data that cannot be unpacked`,
    {
      expected: 'a whole file',
      got: error instanceof Error ? error.message : 'an error',
      hint: 'fetch it again',
    },
    { cause: error },
  );
}
