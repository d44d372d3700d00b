// Python's pickle files, protocols 0 to 5, read as data. Stands beside pickle.load(file, encoding='latin1'), with one
// difference: nothing is imported and nothing is executed. A name outside the caller's list ends the reading.
import { ClipError } from '../../errors.ts';
import { MOST_OPCODES } from './limits.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { OPCODES } from './opcodes.ts';
import type { PickleValue } from './values.ts';

const STOP = 0x2e;

export interface UnpickleOptions extends MachineOptions {
  /** What errors call the pickle. */
  name?: string;
}

/**
 * Reads one pickle, which must fill `bytes` exactly. Large byte strings are views of `bytes`, not copies; a Python 2
 * str is read as latin1 text up to 4,096 bytes and stays bytes beyond. Errors name the byte of the opcode.
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): PickleValue {
  const machine = new Machine(bytes, options);
  const { cursor } = machine;
  const where = options.name ?? 'pickle';
  for (let count = 0; count < MOST_OPCODES; count++) {
    const position = cursor.position;
    if (cursor.left === 0) {
      throw new ClipError(`${where}: the pickle has no end`, {
        expected: 'a STOP opcode',
        got: `the end of the file at byte ${position}`,
        hint: 'the file is cut off, or no pickle',
      });
    }
    try {
      const code = cursor.uint8();
      if (code === STOP) {
        const value = machine.result();
        if (cursor.left > 0) throw new ClipError(`${cursor.left} bytes after the end of the pickle`);
        return value;
      }
      const opcode = OPCODES[code];
      if (!opcode) throw new ClipError(`an unknown opcode, 0x${code.toString(16).padStart(2, '0')}`);
      opcode(machine);
    } catch (error) {
      if (!(error instanceof ClipError)) throw error;
      throw error.about(`${where}, byte ${position}`, 'it is damaged, or made by something else than Python');
    }
  }
  throw new ClipError(`${where}: too many opcodes`, { expected: `at most ${MOST_OPCODES}` });
}
