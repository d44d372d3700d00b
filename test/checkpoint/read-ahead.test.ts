import { expect, it } from 'vitest';
import { readAhead } from '../../src/checkpoint/read-ahead.ts';
import { StoredTensor } from '../../src/checkpoint/stored-tensor.ts';
import { LINEAR_ORDER, Parameter } from '../../src/model/module.ts';

const turned = new Parameter([2, 2], { order: LINEAR_ORDER });
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Ten tensors of four halves, each holding its own number; reading number 6 fails if `broken`. */
function tensors({ broken = false } = {}) {
  const state = { started: 0, running: 0, buffers: new Set<ArrayBufferLike>() };
  const pairs = Array.from({ length: 10 }, (_, i) => {
    const read = async (into?: Uint8Array) => {
      state.started += 1;
      state.running += 1;
      state.buffers.add(into!.buffer);
      await pause();
      state.running -= 1;
      if (broken && i === 6) throw new Error('tensor 6 is damaged');
      return into!.fill(i);
    };
    return { name: '', parameter: turned, tensor: new StoredTensor(`tensor ${i}`, 'F16', [2, 2], read) };
  });
  return { state, pairs };
}

it('gives every tensor’s bytes in order, three ahead, in four buffers', async () => {
  const { state, pairs } = tensors();
  let turn = 0;
  for await (const [{ tensor }, bytes] of readAhead(pairs)) {
    expect(tensor.name).toBe(`tensor ${turn}`);
    expect(state.started).toBe(Math.min(10, turn + 4));
    await pause();
    expect([...bytes]).toEqual(new Array(8).fill(turn)); // what is read meanwhile goes elsewhere
    turn += 1;
  }
  expect(turn).toBe(10);
  expect(state.buffers.size).toBe(4);
});

it('gives float32 that needs no turning memory of its own', async () => {
  const given: unknown[] = [];
  const read = async (into?: Uint8Array) => {
    given.push(into);
    return new Uint8Array(16);
  };
  const tensor = new StoredTensor('w', 'F32', [2, 2], read);
  for await (const _ of readAhead([{ name: '', parameter: new Parameter([2, 2]), tensor }]));
  for await (const _ of readAhead([{ name: '', parameter: turned, tensor }]));
  expect(given).toEqual([undefined, expect.any(Uint8Array)]);
});

it.each([
  ['a read fails', { broken: true }, 6],
  ['the caller stops', { broken: false }, 2],
])('is done with reading when %s', async (_, options, last) => {
  const { state, pairs } = tensors(options);
  let turn = 0;
  const reading = async () => {
    for await (const _pair of readAhead(pairs)) {
      if (turn === 2 && !options.broken) throw new Error('enough');
      turn += 1;
    }
  };
  await expect(reading()).rejects.toThrow(options.broken ? 'tensor 6 is damaged' : 'enough');
  expect(turn).toBe(last);
  expect(state.running).toBe(0);
  const { started } = state;
  await pause();
  expect(state.started).toBe(started);
});
