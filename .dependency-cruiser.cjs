// The arrows of the house: cli → tasks → model, tokenizer, data, checkpoint, backend; nothing points back.
const folders =
  'model tokenizer data checkpoint backend train parity tasks figure finetune serve doctor bench cli'.split(
    ' ',
  );

/** `from` may import itself, src/errors.ts and the folders in `allowed`; every other folder of ours is refused. */
function arrow(from, allowed) {
  const refused = folders.filter((name) => name !== from && !allowed.includes(name));
  return {
    name: `arrow-${from}`,
    severity: 'error',
    from: { path: `^src/${from}/` },
    to: { path: `^src/((${refused.join('|')})/|(index|browser)\\.ts$)` },
  };
}

module.exports = {
  forbidden: [
    arrow('model', []),
    arrow('tokenizer', []),
    arrow('data', []),
    arrow('checkpoint', ['model', 'data']),
    arrow('backend', ['model']),
    arrow('figure', ['data']),
    arrow('train', ['model', 'tokenizer', 'data', 'checkpoint', 'backend']),
    arrow('parity', ['model', 'tokenizer', 'data', 'checkpoint', 'train']),
    arrow('tasks', ['model', 'tokenizer', 'data', 'checkpoint', 'backend', 'train', 'figure']),
    arrow('serve', ['model', 'tokenizer', 'data', 'checkpoint', 'backend', 'tasks', 'figure']),
    arrow('finetune', ['model', 'tokenizer', 'data', 'checkpoint', 'backend', 'train', 'tasks', 'figure']),
    arrow('doctor', ['model', 'tokenizer', 'data', 'checkpoint', 'backend', 'tasks', 'parity']),
    arrow('bench', ['model', 'tokenizer', 'data', 'checkpoint', 'backend', 'train', 'tasks']),
    { name: 'cli-is-the-top', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    {
      name: 'model-imports-only-tensorflow',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { pathNot: ['^src/model/', '^node_modules/@tensorflow/tfjs-core/'] },
    },
    {
      name: 'tokenizer-is-pure',
      severity: 'error',
      from: { path: '^src/tokenizer/' },
      to: { pathNot: ['^src/tokenizer/', '^src/errors\\.ts$'] },
    },
    {
      name: 'browser-files-reach-no-node',
      comment: 'What only Node has stands in *.node.ts, cli/ and figure/; no other file may reach it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.node\\.ts$', '^src/cli/', '^src/figure/', '^src/index\\.ts$'] },
      to: {
        path: [
          '\\.node\\.ts$',
          '^src/(cli|figure)/',
          '^node_modules/(sharp|pngjs|csv-parse|@resvg|cli-progress|commander|undici|proxy-from-env|fastify|bullmq|ioredis|apache-arrow|@lancedb)/',
        ],
      },
    },
    {
      name: 'browser-files-reach-no-node-builtin',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.node\\.ts$', '^src/cli/', '^src/figure/', '^src/index\\.ts$'] },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
