// One program in a process of its own: what it answers, or why it does not.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onStop } from '../disk.node.ts';
import type { Answer, Answers, Item, Task } from './work.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts the program, hands it the task, and collects its answers until it ends. It is killed after `patience`
 * milliseconds in which it says nothing. Never rejects: a program that fails has a reason.
 */
export function ask(
  { program, args, env }: Command,
  task: Task,
  patience: number,
  onItem: (item: Item) => void = () => undefined,
): Promise<Answers> {
  return new Promise((resolve) => {
    const answers: Answers = { version: undefined, items: [] };
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const kill = () => void child.kill('SIGKILL');
    const forget = onStop(kill);
    let stderr = '';
    const hang = () => {
      answers.reason = `it said nothing for ${patience / 1000} s and was ended`;
      kill();
    };
    let timer = setTimeout(hang, patience);
    const end = (reason: string | undefined) => {
      clearTimeout(timer);
      forget();
      if (reason !== undefined) answers.reason ??= reason;
      resolve(answers);
    };
    child.stdin.on('error', () => undefined); // it ended before it read; its end says why
    child.stdin.end(JSON.stringify(task));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-10_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = parse(line);
      if (!answer) return; // a library that prints
      clearTimeout(timer);
      timer = setTimeout(hang, patience);
      if ('version' in answer) {
        answers.version = answer.version;
      } else {
        answers.items.push(answer);
        onItem(answer);
      }
    });
    child.on('error', (error) => end(error.message));
    child.on('close', (status, signal) => {
      if (status === 0) return end(undefined);
      const how = signal ? `it was ended by ${signal}` : `it ended with status ${status}`;
      end(stderr.trim().split('\n').at(-1) || how);
    });
  });
}

function parse(line: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    const isAnswer =
      typeof answer === 'object' && answer !== null && ('version' in answer || 'work' in answer);
    return isAnswer ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}
