// One engine examined, in a process of its own that doctor.node.ts starts: what is found is sent as it is found, so that
// a crash or a hang takes nothing of it away.
import { BrokenEngine } from '../backend/engine.ts';
import { engines } from '../backend/engines.node.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { openFile } from '../data/bytes/file-source.node.ts';
import { parityOf } from '../parity/parity.ts';
import { load, MINI, MINI_REFERENCE } from '../tasks/load.node.ts';
import { describeEngine } from './describe-engine.node.ts';
import type { EngineFacts } from './doctor.node.ts';
import { matMulRate } from './rate.ts';

const [, , wanted = ''] = process.argv;
const engine = engines.find(({ name }) => name === wanted)!;
const notes: string[] = [];
const onNote = (note: string): void => {
  notes.push(note);
};

function send(facts: Partial<EngineFacts>): Promise<void> {
  return new Promise((resolve) => process.send!(facts, () => resolve()));
}

try {
  const auto = await engine.start({ auto: true, onNote }).then(
    () => null,
    (error: Error) => error,
  );
  if (auto) await engine.start({ onNote });
  const byAuto = auto === null;
  await send({ available: true, byAuto, ...(!byAuto && { notByAuto: auto.message.split('\n')[0] }) });
  await send({ ...(await describeEngine(engine.name)), notes });
  await send({ gflops: await matMulRate() });
  await send({ parity: await parity() });
} catch (error) {
  await send({ reason: (error as Error).message.split('\n')[0]!, isSetUp: error instanceof BrokenEngine });
}
process.exit();

/** The embedded model held to what PyTorch computed with it: every value of both towers. */
async function parity(): Promise<EngineFacts['parity']> {
  const loaded = await load(MINI, { backend: engine.name, onNote });
  const file = await openFile(MINI_REFERENCE);
  try {
    const { verdict, first, rows } = await parityOf(loaded, await openCheckpoint(file), { parts: ['tap'] });
    const shares = rows.map(({ error, bar }) => (error ?? Number.POSITIVE_INFINITY) / (bar || 1));
    return { verdict, first, values: rows.length, worst: Math.max(...shares) };
  } finally {
    await file.close();
  }
}
