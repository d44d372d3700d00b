// What tells a model's weights from others of the same shape: what an adapter or a head says it was learned on, and what a
// training that is resumed compares.
import type { CLIP } from '../model/clip.ts';
import { crc32 } from './crc32.ts';
import { readValues } from './state-dict.ts';

/** The projections into the common space, which a full training changes, and what an adapter that was merged has changed. */
const TELLING: readonly string[] = [
  'text_projection',
  'visual.proj',
  'visual.attnpool.c_proj.weight',
  'transformer.resblocks.0.attn.in_proj_weight',
  'visual.transformer.resblocks.0.attn.in_proj_weight',
  'visual.attnpool.q_proj.weight',
];

/** A text that tells a model's weights from others of the same shape, by a few of them. */
export async function fingerprintOf(
  tensors: ReadonlyMap<string, { readFloat32(): Promise<Float32Array> }>,
): Promise<string> {
  const parts: string[] = [];
  for (const name of TELLING) {
    const values = await tensors.get(name)?.readFloat32();
    if (values)
      parts.push(crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).toString(16));
  }
  return parts.join('-');
}

/** The same of a model that is loaded. */
export function modelFingerprint(model: CLIP): Promise<string> {
  const readers = [...model.namedParameters()].map(([name, parameter]) => {
    return [name, { readFloat32: () => readValues(parameter) }] as const;
  });
  return fingerprintOf(new Map(readers));
}
