// The module's functions by their numbers, which is how WebAssembly calls one from another.

export const ORDER = [
  'tile1',
  'tile2',
  'tile3',
  'tile4',
  'tile5',
  'pack',
  'packTurned',
  'copy',
  'block',
  'product',
  'wideProduct',
  'multiply',
  'softmaxRow',
  'softmaxRowGradient',
  'softmax',
  'softmaxGradient',
  'attention',
  'attentionGradient',
  'plus',
  'quickGelu',
  'quickGeluGradient',
  'gelu',
  'geluGradient',
  'layerNorm',
  'layerNormGradient',
  'columnSums',
  'adamw',
] as const;

export type FunctionName = (typeof ORDER)[number];

/** Of a function that another one calls. */
export const numberOf = (name: FunctionName): number => ORDER.indexOf(name);
