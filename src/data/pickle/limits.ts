// What a pickle may make its reader do, so that no file takes more than a second or two, or more than its bytes and some
// 300 MB: 222 bytes, an empty dict, is the most that one opcode makes. test/checkpoint/hostile.test.ts holds this.

/** Each opcode makes at most one value. CIFAR-100's larger split needs 200,206, RN50's archive 18,214. */
export const MOST_OPCODES = 1_000_000;

/** Marks that may be open at once. Python's own writer stops at its recursion limit, a tenth of this. */
export const MOST_MARKS = 10_000;

/** Names of classes and functions. TorchScript has some for each module. */
export const MOST_GLOBALS = 10_000;

/** Of one call. PyTorch's functions take up to 8. */
export const MOST_ARGUMENTS = 16;

/** Values in the containers that calls get, in all: a function may go through its arguments, one list again and again. */
export const MOST_COPIED = 1_000_000;

/** Keys and set members that are long or fractional numbers: see keys.ts. */
export const MOST_ODD_KEYS = 2000;

/** Axes of an array or a tensor; PyTorch and numpy themselves take no more. */
export const MOST_AXES = 64;

/** Bytes or digits of an integer. Longer ones are no data, and the time they take grows with the square. */
export const LONGEST_INTEGER = 1024;
