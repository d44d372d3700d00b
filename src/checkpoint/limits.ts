// What a checkpoint may claim. Every size is held to these and to the file's own before memory is taken for it. Then
// opening takes at most 400 MB whatever the file says, and reading a tensor its own bytes and those of its storage,
// which for a small file are 128 MB each at most. test/checkpoint/hostile.test.ts holds this.
import { ClipError } from '../errors.ts';

/** Members of a zip archive: OpenAI's largest has 1,500. */
export const MOST_MEMBERS = 100_000;

/** Bytes, or characters, of a name; as a file's name may lead it, more than a file's name. */
export const LONGEST_NAME = 512;

/** Bytes of a tensor: JavaScript's arrays end not far beyond. */
export const LARGEST_TENSOR: number = 2 ** 32;

/**
 * Bytes that all of a file's tensors come to, that are gone through to read each of them once, and that its members
 * unpack to. A few names for one tensor and several views of one storage are common, and weights are hardly
 * compressible; a small file that fills the memory is not meant well.
 */
export function allowance(fileSize: number): number {
  return 16 * fileSize + 2 ** 27;
}

export function checkTensorName(name: string, file: string): void {
  if (name.length > LONGEST_NAME) {
    throw new ClipError(`${file}: the name ${name.slice(0, 40)}…`, {
      expected: `at most ${LONGEST_NAME} characters`,
      got: name.length,
    });
  }
}

/** `bytes` of the tensor that `what` names, in an error. */
export function checkTensorSize(bytes: number, what: string): void {
  if (bytes > LARGEST_TENSOR) {
    throw new ClipError(what, { expected: `at most ${LARGEST_TENSOR} bytes`, got: bytes });
  }
}
