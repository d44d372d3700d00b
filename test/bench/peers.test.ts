import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportedFile, requirePeer } from '../../src/bench/subjects/peers.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function install(name: string, files: Record<string, string>): void {
  mkdirSync(join(folder, 'node_modules', name), { recursive: true });
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(folder, 'node_modules', name, file), content);
}

describe('a peer', () => {
  it('is taken from the folder, with its version', () => {
    install('whole', { 'package.json': '{"version": "1.2.3"}', 'index.js': 'exports.name = "whole";' });
    expect(requirePeer(folder, 'whole')).toEqual({ library: { name: 'whole' }, version: '1.2.3' });
  });

  it('that is not there, or only half, is told in one line with what to do', () => {
    expect(() => requirePeer(folder, 'absent')).toThrow(/^absent is not installed \(npm run bench:setup/);
    install('half', { 'package.json': '{"version": "1.2.3", "main": "lost.js"}' });
    expect(() => requirePeer(folder, 'half')).toThrow(
      /^half does not start: got Cannot find module [^\n]*bench:setup/,
    );
    install('broken', { 'package.json': '{"version": "1.2.3"}', 'index.js': 'require("./binding.node")' });
    expect(() => requirePeer(folder, 'broken')).toThrow(/^broken does not start: [^\n]*binding\.node[^\n]*$/);
  });

  it('needs the model in its form', () => {
    expect(() => exportedFile(folder, 'onnx', 'vision_model.onnx')).toThrow(
      /expected .*vision_model\.onnx \(npm run/,
    );
  });
});
