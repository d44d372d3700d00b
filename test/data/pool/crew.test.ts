// Workers that take jobs by themselves: order, deaths, closing.
import { spawnSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { Crew, type Outcome } from '../../../src/data/pool/crew.node.ts';

const script = new URL('./crew-worker.ts', import.meta.url);
const crews: Crew<string, string>[] = [];
afterEach(() => Promise.all(crews.splice(0).map((crew) => crew.close())));

function start(workers: number): { crew: Crew<string, string>; done: Int32Array } {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const crew = new Crew<string, string>(script, { done }, workers);
  crews.push(crew);
  return { crew, done };
}

async function outcomes(crew: Crew<string, string>, jobs: string[]): Promise<string[]> {
  const found: string[] = Array(jobs.length).fill('nothing');
  await crew.run(jobs, (at, outcome: Outcome<string>) => {
    expect(found[at]).toBe('nothing');
    found[at] = 'value' in outcome ? outcome.value : outcome.reason;
  });
  return found;
}

test.each([1, 3])('%i workers do every job of several lists once', async (workers) => {
  const { crew, done } = start(workers);
  const lists = [['a', 'refuse', 'b'], [], ['c'], Array.from({ length: 100 }, (_, i) => `job ${i}`)];
  const found = await Promise.all(lists.map((jobs) => outcomes(crew, jobs)));
  const expected = lists.map((jobs) => jobs.map((job) => (job === 'refuse' ? 'refused' : job.toUpperCase())));
  expect(found).toEqual(expected);
  expect(Atomics.load(done, 0)).toBe(104);
});

test('workers go from job to job and from list to list while the main thread stands still', async () => {
  const { crew, done } = start(2);
  await outcomes(crew, ['started', 'started too']);
  const later = [outcomes(crew, Array(20).fill('x')), outcomes(crew, Array(20).fill('y'))];
  const deadline = Date.now() + 30_000;
  for (let seen = 2; seen < 42 && Date.now() < deadline; seen = Atomics.load(done, 0)) {
    Atomics.wait(done, 0, seen, 1000); // no message is heard here
  }
  expect(Atomics.load(done, 0)).toBe(42);
  expect((await Promise.all(later)).flat()).toHaveLength(40);
});

test.each([
  ['exit', /^its worker ended: it ended with status 3$/],
  ['throw', /^its worker ended: thrown/],
])(
  'a job that ends its worker (%s) is done with a reason; the others are done by another worker',
  async (fatal, why) => {
    const { crew } = start(1);
    const [first, second] = await Promise.all([
      outcomes(crew, ['a', fatal, 'b', 'c']),
      outcomes(crew, ['d', 'e']),
    ]);
    expect(first!.toSpliced(1, 1)).toEqual(['A', 'B', 'C']);
    expect(first![1]).toMatch(why);
    expect(second).toEqual(['D', 'E']);
    expect(await outcomes(crew, ['f'])).toEqual(['F']);
  },
);

test('a job that takes all memory is one of them', () => {
  const crew = new URL('../../../src/data/pool/crew.node.ts', import.meta.url).href;
  const code = `
    const { Crew } = await import(${JSON.stringify(crew)});
    const done = new Int32Array(new SharedArrayBuffer(4));
    const crew = new Crew(new URL(${JSON.stringify(script.href)}), { done }, 1);
    await crew.run(['a', 'memory', 'b'], (at, outcome) => console.log(at, outcome.value ?? outcome.reason));`;
  const few = ['--max-old-space-size=150', '--import', import.meta.resolve('tsx'), '--input-type=module'];
  const { stdout, status } = spawnSync(process.execPath, [...few, '-e', code], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^0 A\n1 its worker ended: .*memory.*\n2 B\n$/);
});

test('closing ends what is under way, and may be done twice', async () => {
  const { crew } = start(2);
  const under = [['forever', 'forever', 'forever'], ['a']].map((jobs) => outcomes(crew, jobs));
  const ended = Promise.allSettled(under);
  await crew.close();
  await crew.close();
  const reasons = (await ended).map((end) => end.status === 'rejected' && end.reason.message);
  expect(reasons).toEqual(Array(2).fill('the pool of workers was closed'));
  await expect(outcomes(crew, ['a'])).rejects.toThrow('the pool of workers was closed');
});

test('workers that cannot start are an error, not a wait without end', async () => {
  const crew = new Crew<string, string>(new URL('./none.ts', import.meta.url), {}, 2);
  crews.push(crew);
  await expect(outcomes(crew, ['a'])).rejects.toThrow(
    /a worker ended while it had nothing to do: got .*none\.ts/,
  );
});
