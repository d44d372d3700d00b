// Where a state dict is in what a trainer saved, what its names are, and what may stand beside it.
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { ClipError } from '../../src/errors.ts';
import { ONE, type Part, text, zipped } from './fuzz/hostile-parts.ts';
import { fixture } from './samples.ts';

const open = (bytes: Uint8Array) => openCheckpoint(bytesSource(bytes, 'file.pt'));
const dict = (items: Record<string, Part>): Part => [
  '}(',
  Object.entries(items).map(([key, value]) => [text(key), value]),
  'u',
];
/** The names of the tensors in a pickled value. */
async function names(value: Part): Promise<string[]> {
  return [...(await open(zipped(value, '.'))).tensors.keys()];
}

const state = (prefix = '') => dict({ [`${prefix}a`]: ONE, [`${prefix}b.c`]: ONE });

describe('a state dict is found', () => {
  it.each<[string, Part]>([
    ['bare', state()],
    [
      'as open_clip keeps it',
      dict({ epoch: 'K\x03', name: text('run'), state_dict: state('module.'), optimizer: '}' }),
    ],
    ['as Lightning keeps it', dict({ state_dict: state('model.'), hyper_parameters: '}' })],
    ['under model, beside its average', dict({ model_ema: dict({ z: ONE }), model: state() })],
    ['under model_state_dict', dict({ model_state_dict: state() })],
    ['as DeepSpeed keeps it', dict({ module: state(), dp_world_size: 'K\x01' })],
    ['in a dict in a dict', dict({ model: dict({ state_dict: state() }) })],
    [
      'under model, where state_dict has no tensors',
      dict({ state_dict: dict({ step: 'K\x01' }), model: state() }),
    ],
    ['beside a dict of settings called model', dict({ model: dict({ width: 'K\x01' }), a: ONE, 'b.c': ONE })],
    ['after torch.compile', state('_orig_mod.')],
    ['after torch.compile and DistributedDataParallel', state('module._orig_mod.')],
    ['after the two the other way round', state('_orig_mod.module.')],
    ['averaged', dict({ n_averaged: ONE, 'module.a': ONE, 'module.b.c': ONE })],
  ])('%s', async (_, value) => {
    expect(await names(value)).toEqual(['a', 'b.c']);
  });

  it('and a prefix that not all names have is part of them', async () => {
    expect(await names(dict({ 'module.a': ONE, b: ONE }))).toEqual(['module.a', 'b']);
    expect(await names(dict({ n_averaged: ONE }))).toEqual(['n_averaged']);
  });

  it('ten dicts deep it is not', async () => {
    let value = state();
    for (let depth = 0; depth < 10; depth++) value = dict({ model: value });
    await expect(names(value)).rejects.toThrow(/no tensors.*a state dict, or one under state_dict or model/);
  });
});

describe('TorchScript', () => {
  const module = (attributes: Record<string, Part>, name = 'M'): Part => [
    `c__torch__.torch.nn\n${name}\n)\x81`,
    dict(attributes),
    'b',
  ];

  it('tells the class of a module that has nothing in it', async () => {
    const { metadata } = await open(fixture('tiny-vit.pt'));
    expect(metadata.get('transformer.resblocks.0.mlp.gelu')).toBe('QuickGELU');
    expect(metadata.has('transformer.resblocks.0.mlp')).toBe(false);
    const mangled = module({ training: '\x89' }, '___torch_mangle_7.GELU');
    const made = await open(zipped(module({ w: ONE, gelu: mangled, inner: module({ act: mangled }) }), '.'));
    expect([...made.metadata]).toEqual([
      ['gelu.training', 'false'],
      ['gelu', 'GELU'],
      ['inner.act.training', 'false'],
      ['inner.act', 'GELU'],
    ]);
  });

  it.each<[string, Part, RegExp]>([
    ['two tensors of one name', module({ 'a.b': ONE, a: module({ b: ONE }) }), /two tensors are called a\.b/],
    [
      'a name that is a number',
      ['c__torch__\nM\n)\x81}K\x05', ONE, 'sb'],
      /an attribute's name: expected text, got 5/,
    ],
    ['no tensors', module({ a: module({}) }), /no tensors.*torch\.jit\.freeze/],
  ])('refuses %s', async (_, value, message) => {
    await expect(open(zipped(value, '.'))).rejects.toThrow(message);
  });
});

describe('beside the weights', () => {
  it('plain data is passed over or noted', async () => {
    const { metadata, tensors } = await open(fixture('kept.pt'));
    expect(Object.fromEntries(metadata)).toEqual({ epoch: '5', dtype: 'torch.float16', device: 'cuda:1' });
    expect(tensors.size).toBe(7);
  });

  // What has behaviour is refused by name and place, with the way out; nothing of it runs.
  it.each([
    ['torch.optim.lr_scheduler', 'CosineAnnealingLR'],
    ['omegaconf.dictconfig', 'DictConfig'],
    ['torch.storage', '_load_from_bytes'],
    ['torch.jit', 'load'],
    ['torch.hub', 'load'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['__builtin__', 'exec'],
    ['collections', 'namedtuple'],
    ['functools', 'partial'],
    ['pathlib', 'Path.unlink'],
    ['numpy.testing._private.utils', 'runstring'],
  ])('%s.%s is refused', async (module, name) => {
    const value = dict({ state_dict: state(), extra: [`c${module}\n${name}\n`, ')R'] });
    const opening = open(zipped(value, '.'));
    await expect(opening).rejects.toThrow(ClipError);
    await expect(opening).rejects.toThrow(
      new RegExp(
        `data\\.pkl, byte \\d+: a global that is not on the list, ${module}.${name} .*torch\\.save\\(model\\.state_dict\\(\\), path\\)`,
      ),
    );
  });

  it.each<[string, Part, RegExp]>([
    ['a dtype called', 'ctorch\nfloat16\n)R', /torch\.float16 is called, which is not on the list/],
    ['a factory called', 'c__builtin__\nlist\n)R', /__builtin__\.list is called/],
    ['a device that is a list', 'ctorch\ndevice\n]\x85R', /a device: expected its type, got a list of 0/],
    [
      'a tensor made by something else',
      'ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nCounter\nN)}tR',
      /a class of its own/,
    ],
    [
      'a numpy number that is too short',
      'cnumpy._core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f8\x85RC\x01x\x86R',
      /expected 8 bytes, got 1/,
    ],
  ])('%s is refused', async (_, value, message) => {
    await expect(open(zipped(dict({ state_dict: state(), extra: value }), '.'))).rejects.toThrow(message);
  });
});
