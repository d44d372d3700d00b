import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { depthAxis, errorAxis, LETTERS } from '../../src/figure/parity-axes.ts';
import { type DrawnRow, type ParityLine, parityFigure } from '../../src/figure/parity-figure.ts';
import { widthOf } from '../../src/figure/svg.ts';

const BAR = 2e-5;
const COLOURS = { blue: [0x00, 0x72, 0xb2], orange: [0xd5, 0x5e, 0x00], green: [0x00, 0x9e, 0x73] } as const;
type Colour = keyof typeof COLOURS;

function row(name: string, relative: number | null): DrawnRow {
  return { name, relative, error: relative, bar: BAR, ok: relative !== null && relative <= BAR };
}

function blocksOf(tower: string, count: number): string[] {
  const inner = 'ln_1 attn.q attn.k attn.v attn.scores attn.probs attn ln_2 mlp.c_fc mlp.gelu mlp.c_proj mlp';
  return Array.from({ length: count }, (_, i) => `${tower}.resblocks.${i}`).flatMap((block) => [
    ...inner.split(' ').map((name) => `${block}.${name}`),
    block,
  ]);
}

const imageTaps = (blocks: number): string[] =>
  ['visual.conv1', 'visual.ln_pre', ...blocksOf('visual.transformer', blocks)]
    .concat('visual.transformer', 'visual.ln_post', 'visual', 'image_features')
    .map((name) => `tap.${name}`);
const textTaps = (blocks: number): string[] =>
  ['token_embedding', ...blocksOf('transformer', blocks), 'transformer', 'ln_final', 'text_features']
    .concat('logits_per_image', 'logits_per_text')
    .map((name) => `tap.${name}`);
const IMAGE = imageTaps(2);
const TEXT = textTaps(2);

/** Lines called a, b, …; each has an error for every tap, whether it is within the bar or not. */
function draw(taps: readonly string[], ...errors: ((i: number) => number | null)[]): PNG {
  const lines = errors.map((error, i) => ({
    backend: 'abc'[i]!,
    rows: taps.map((tap, j) => ({ ...row(tap, error(j)), ok: true })),
  }));
  return decode(lines);
}

function decode(lines: readonly ParityLine[]): PNG {
  return PNG.sync.read(Buffer.from(parityFigure(lines, 'Title')));
}

/** The pixels of a kind, their middle and extent. Below the legend unless said otherwise. */
function find(png: PNG, is: (red: number, green: number, blue: number) => boolean, from = 84) {
  const [xs, ys]: [number[], number[]] = [[], []];
  for (let i = 4 * png.width * from; i < png.data.length; i += 4) {
    if (!is(png.data[i]!, png.data[i + 1]!, png.data[i + 2]!)) continue;
    xs.push((i / 4) % png.width);
    ys.push(Math.floor(i / 4 / png.width));
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const extent = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
  return { count: xs.length, x: mean(xs), y: mean(ys), across: extent(xs), down: extent(ys) };
}

/** Whether a pixel is of a colour, or of one of its blended edges. */
function isNear(colour: Colour) {
  return (...pixel: number[]): boolean => {
    const distance = (to: Colour): number => Math.hypot(...pixel.map((value, i) => value - COLOURS[to][i]!));
    return (
      distance(colour) < 90 && Object.keys(COLOURS).every((to) => distance(colour) <= distance(to as Colour))
    );
  };
}

function findLine(png: PNG, colour: Colour) {
  return find(png, isNear(colour));
}

/** Where two pictures of one size differ. */
function difference(a: PNG, b: PNG) {
  const changed = new PNG({ width: a.width, height: a.height });
  changed.data = Buffer.from(a.data.map((value, i) => Math.abs(value - b.data[i]!)));
  return find(changed, (...pixel) => pixel.some((value) => value > 8));
}

/** The row of pixels that has the bar's dark strokes. */
function barRow(png: PNG): number {
  const isDark = (at: number): boolean => Math.max(...png.data.subarray(at, at + 3)) < 130;
  const count = (y: number): number =>
    Array.from({ length: png.width }, (_, x) => isDark(4 * (y * png.width + x))).filter(Boolean).length;
  return Array.from({ length: png.height }, (_, y) => count(y)).findIndex((dark) => dark > 300);
}

test('errors stand by their decades, an exact 0 below all of them', () => {
  const png = draw(
    IMAGE,
    () => 1e-7,
    () => 1e-6,
    () => 1e-5,
  );
  const [low, middle, high] = [findLine(png, 'blue'), findLine(png, 'orange'), findLine(png, 'green')];
  for (const { count } of [low, middle, high]) expect(count).toBeGreaterThan(600);
  expect(low.y - middle.y).toBeGreaterThan(40);
  expect(Math.abs(low.y - middle.y - (middle.y - high.y))).toBeLessThan(1);
  expect(low.across[0]).toBeLessThan(80); // from the first tap
  expect(low.across[1]).toBeGreaterThan(750); // to the last
  // 2e-5 is 0.3 decades above 1e-5.
  expect((high.y - barRow(png)) / (middle.y - high.y)).toBeCloseTo(Math.log10(2), 1);

  const zero = findLine(
    draw(
      IMAGE,
      () => 0,
      () => 1e-6,
      () => 1e-7,
    ),
    'blue',
  );
  expect(zero.y).toBeGreaterThan(low.y + 15);
});

test('the line follows the taps from left to right', () => {
  const [first, second] = [
    draw(IMAGE, (i) => (i < IMAGE.length / 2 ? 0 : null)),
    draw(IMAGE, (i) => (i < IMAGE.length / 2 ? null : 0)),
  ].map((png) => find(png, isNear('blue'), png.height - 60)); // only the line of zeros, not the crosses
  expect(first!.across[1]).toBeGreaterThan(350);
  expect(first!.across[1]).toBeLessThan(second!.across[0]);
});

test('a null is a cross at the upper edge, and the line is broken there', () => {
  const constant = draw(IMAGE, () => 1e-6);
  const broken = draw(IMAGE, (i) => (i >= 10 && i < 20 ? null : 1e-6));
  expect(broken.height).toBeGreaterThan(constant.height);
  expect(findLine(broken, 'blue').down[0]).toBeLessThan(125); // the crosses
  const below = find(broken, isNear('blue'), 150);
  expect(below.count).toBeLessThan(findLine(constant, 'blue').count * 0.8);
  expect(below.down[1] - below.down[0]).toBeLessThan(6); // nothing leads up to them

  const nothing = draw(
    IMAGE,
    () => null,
    () => Number.NaN,
  );
  expect(findLine(nothing, 'blue').count).toBeGreaterThan(100);
  expect(findLine(nothing, 'blue').down[1]).toBeLessThan(findLine(nothing, 'orange').down[1]); // a row each
  expect(findLine(nothing, 'orange').down[1]).toBeLessThan(145);
});

test('the first fault of a line is ringed and named, inside the picture', () => {
  const long = `tap.visual.${'long'.repeat(20)}`;
  const taps = IMAGE.with(16, long);
  const lines = (...faulty: readonly number[]): ParityLine[] => [
    { backend: 'a', rows: taps.map((tap, i) => ({ ...row(tap, 1e-6), ok: !faulty.includes(i) })) },
  ];
  const plain = decode(lines());
  const line = findLine(plain, 'blue');
  const last = taps.length - 1;
  for (const fault of [0, 5, 16, 25, last]) {
    const faulty = decode(lines(fault));
    const mark = difference(faulty, plain);
    expect(mark.across[0]).toBeGreaterThanOrEqual(52);
    expect(mark.across[1]).toBeLessThan(806); // before the bar's label
    expect(mark.down[0]).toBeGreaterThan(line.y - 30);
    expect(mark.down[1]).toBeLessThan(line.y + 30);
    const x = Math.round(52 + depthAxis(taps, 752).places.get(taps[fault]!)!);
    for (const y of [-6, 6]) {
      const at = 4 * (Math.round(line.y + y) * plain.width + x);
      expect(isNear('blue')(...faulty.data.subarray(at, at + 3))).toBe(true);
    }
    if (fault > 20) expect(mark.across[1]).toBeLessThan(x + 9); // the name is on the left
    if (fault < 10) expect(mark.across[0]).toBeGreaterThan(x - 9); // only the right has room
  }
  expect(difference(decode(lines(5, 6, last)), decode(lines(5))).count).toBe(0); // only the first
});

test('backends that part at one tap share its name; names of others keep clear of it', () => {
  const faults = (...at: number[]): PNG =>
    decode(
      at.map((fault, i) => ({
        backend: 'abc'[i]!,
        rows: IMAGE.map((tap, j) => row(tap, j < fault ? 1e-6 : 1e-2)),
      })),
    );
  const [together, apart] = [faults(20, 20), faults(20, 22)].map(
    (png) => find(png, (r, g, b) => r < 60 && g < 60 && b < 60).count,
  );
  expect(apart!).toBeGreaterThan(together! + 150); // one more name
});

test('the bar is the one that the drawn error is held against', () => {
  const rows = IMAGE.map((tap) => row(tap, 1e-6));
  const others: DrawnRow[] = [
    { name: 'tap.visual', relative: 1e-6, error: 3e-7, bar: 2e-6, ok: true },
    { name: 'tap.image_features', relative: 1e-6, error: 3e-5, bar: 1e-3, ok: true },
  ];
  const mixed = [...rows.slice(0, -2), ...others];
  expect(barRow(decode([{ backend: 'a', rows: mixed }]))).toBe(barRow(decode([{ backend: 'a', rows }])));
  expect(barRow(decode([{ backend: 'a', rows: others }]))).toBe(-1);
});

test('two towers are two panels, one tower is one, no tap is an error', () => {
  const [image, text, both] = [IMAGE, TEXT, [...IMAGE, ...TEXT]].map((taps) => draw(taps, () => 1e-6));
  expect(image!.width).toBe(880);
  expect([text!.width, text!.height]).toEqual([image!.width, image!.height]);
  expect(image!.height).toBeGreaterThan(250);
  expect(both!.height - image!.height).toBe(image!.height - 80); // without a second title and legend
  expect(findLine(both!, 'blue').down[0]).toBe(findLine(image!, 'blue').down[0]);

  const rows = IMAGE.map((tap) => row(tap, 1e-6));
  const others = ['grad.visual.conv1.weight', 'train.loss', 'expect.tokens'].map((name) => row(name, 1));
  const figure = (more: DrawnRow[]) => parityFigure([{ backend: 'a', rows: [...rows, ...more] }], 'Title');
  expect(figure(others)).toEqual(figure([]));
  for (const lines of [[], [{ backend: 'a', rows: others }]]) {
    expect(() => parityFigure(lines, 'Title')).toThrow('no taps to draw');
  }
});

test('lines may have other taps: each tap stands at one place', () => {
  const sparse = IMAGE.filter((tap) => !tap.includes('resblocks.1'));
  const line = (backend: string, taps: readonly string[], error: number, inside = error): ParityLine => ({
    backend,
    rows: taps.map((tap) => row(tap, tap.includes('resblocks.1') ? inside : error)),
  });
  const png = decode([line('a', sparse, 1e-7), line('b', IMAGE, 1e-6, 1e-5)]);
  expect(findLine(png, 'blue').across).toEqual(findLine(png, 'orange').across);
  const whole = decode([line('a', IMAGE, 1e-7), line('b', IMAGE, 1e-6, 1e-5)]);
  expect(findLine(png, 'orange')).toEqual(findLine(whole, 'orange'));
});

test.each([
  ['a small ViT', imageTaps(2), ['conv1', 'block 0', 'block 1', 'ln_post', 'features']],
  ['its texts', TEXT, ['embedding', 'block 0', 'block 1', 'ln_final', 'features', 'logits']],
  [
    'ViT-L/14',
    imageTaps(24),
    ['conv1', ...[0, 4, 8, 12, 16, 20].map((i) => `block ${i}`), 'ln_post', 'features'],
  ],
  // The last one that would have a label has no room for it.
  [
    '21 blocks',
    imageTaps(21),
    ['conv1', ...[0, 4, 8, 12, 16].map((i) => `block ${i}`), 'ln_post', 'features'],
  ],
  [
    'RN50x64',
    ['conv1', 'bn1', 'relu1', 'avgpool']
      .concat([3, 15, 36, 10].flatMap((blocks, i) => stage(`layer${i + 1}`, blocks)))
      .concat('attnpool.q', 'attnpool')
      .map((name) => `tap.visual.${name}`)
      .concat('tap.visual', 'tap.image_features'),
    ['conv1', 'layer1', 'layer2', 'layer3', 'layer4', 'attnpool', 'features'],
  ],
])('the depth of %s is labelled, no label over another', (_, taps, labels) => {
  const { places, parts } = depthAxis(taps, 752);
  expect([...places.keys()]).toEqual(taps);
  const xs = [...places.values()];
  expect(xs).toEqual(xs.toSorted((a, b) => a - b));
  const labelled = parts.filter(({ label }) => label !== undefined);
  expect(labelled.map(({ label }) => label)).toEqual(labels);
  labelled.forEach(({ left, label }, i) => {
    const end = left + 4 + widthOf([label!], LETTERS);
    expect(end).toBeLessThan(labelled[i + 1]?.left ?? 752);
  });
});

function stage(name: string, blocks: number): string[] {
  const inner = 'conv1 bn1 relu1 conv2 bn2 relu2 avgpool conv3 bn3 relu3'.split(' ');
  const all = Array.from({ length: blocks }, (_, i) => `${name}.${i}`);
  return [...all.flatMap((block) => [...inner.map((each) => `${block}.${each}`), block]), name];
}

test('many decades have few labels, few errors have room', () => {
  expect(errorAxis([3e-7, 2e-5]).powers).toEqual([-7, -6, -5, -4]);
  expect(errorAxis([2e-5]).powers).toEqual([-7, -6, -5, -4]);
  expect(errorAxis([]).powers).toHaveLength(4);
  const wide = errorAxis([5e-324, 1e30]);
  expect(wide.powers.length).toBeLessThanOrEqual(10);
  expect(wide.place(wide.powers[0]!)).toBe(0);
  expect(wide.place(wide.powers.at(-1)!)).toBe(1);
});
