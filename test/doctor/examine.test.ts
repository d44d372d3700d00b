// One engine examined for real, the plain one: what doctor says of it is what it computes.
import { expect, test } from 'vitest';
import { diagnose } from '../../src/doctor/doctor.node.ts';

test('wasm and cpu compute what PyTorch computed', { timeout: 240_000 }, async () => {
  const { engines, auto } = await diagnose();
  for (const name of ['wasm', 'cpu']) {
    const facts = engines.find((engine) => engine.name === name);
    expect(facts).toMatchObject({ available: true, byAuto: true, parity: { verdict: 'pass', first: null } });
    expect(facts?.reason).toBeUndefined();
    expect(facts!.parity!.values).toBeGreaterThan(50);
    expect(facts!.gflops).toBeGreaterThan(0);
    expect(facts!.version).toMatch(/^TensorFlow\.js 4/);
  }
  expect(engines.find(({ name }) => name === auto)?.byAuto).toBe(true);
});
