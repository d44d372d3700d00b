// Questions → statements, by the form of the question.
import { describe, expect, test } from 'vitest';
import { COLOURS, SHAPES } from '../../../src/data/shapes/classes.ts';
import { readQuestion } from '../../../src/tasks/vqa/question.ts';

/** The statements of one answer. */
function said(question: string, answer: string, answers?: string[]): readonly string[] {
  const asked = readQuestion(question, answers);
  return asked.statements[asked.answers.indexOf(answer)]!;
}

describe('statements', () => {
  test.each([
    ['What colour is the circle?', 'orange', 'the circle is orange', 'a photo of an orange circle'],
    ['what color are the stars', 'red', 'the stars are red', 'a photo of red stars'],
    ['What is the color of the sky?', 'blue', 'the sky is blue', 'a blue sky'],
    ['how many crosses are there?', '1', 'there is one cross', 'one cross'],
    ['how many crosses are there?', '3', 'there are three crosses', 'a picture of three crosses'],
    ['How many people do you see?', '1', 'there is one person', 'one person'],
    ['how many boxes are in the picture?', '0', 'there are no boxes', 'no boxes'],
    ['is there a green ring?', 'yes', 'there is a green ring', 'a green ring'],
    ['is there an arrow?', 'no', 'there is no arrow', 'a photo without an arrow'],
    ['are there any dogs?', 'yes', 'there are dogs', 'a photo of dogs'],
    [
      'where is the blue star?',
      'top left',
      'the blue star is in the top left corner',
      'a blue star in the top left corner',
    ],
    ['where is the cat?', 'on the sofa', 'the cat is on the sofa', 'a photo of a cat on the sofa'],
    ['what shape is the red thing?', 'ring', 'a ring that is red', 'a photo of a red ring'],
    ['what shape is red?', 'ring', 'a red ring', 'a picture of a red ring'],
    ['what shape is the sign?', 'diamond', 'the sign is a diamond', 'a diamond sign'],
    ['what shape is in the picture?', 'heart', 'there is a heart', 'a photo of a heart'],
    ['what is left of the ring?', 'arrow', 'the arrow is left of the ring', 'an arrow left of the ring'],
    ["what's this?", 'owl', 'an owl', 'a photo of an owl'],
    ['is the dog asleep?', 'no', 'not the dog asleep', 'a photo that does not show the dog asleep'],
    ['who won?', 'nobody', 'question: who won? answer: nobody', 'who won nobody'],
  ])('%s %s', (question, answer, ...expected) => {
    const given = ['on the sofa', 'owl', 'nobody'].includes(answer) ? [answer, 'other'] : undefined;
    expect(said(question, answer, given)).toEqual(expect.arrayContaining(expected));
  });

  test('are as many for every answer, and none twice', () => {
    for (const question of [
      'what colour is it?',
      'how many cats?',
      'is there a cat?',
      'where is it?',
      'can it fly?',
    ]) {
      const { statements, answers } = readQuestion(question);
      expect(new Set(statements.map(({ length }) => length)).size).toBe(1);
      expect(new Set(statements.map((of) => of.join('|'))).size).toBe(answers.length);
    }
  });
});

describe('answers', () => {
  test('come with the question’s kind, or are given', () => {
    expect(readQuestion('what colour is it?').answers).toEqual(COLOURS);
    expect(readQuestion('what is above the green circle?').answers).toEqual(SHAPES);
    expect(readQuestion('is it raining?').answers).toEqual(['yes', 'no']);
    expect(readQuestion('what colour is it?', ['red', 'blue']).answers).toEqual(['red', 'blue']);
  });

  test.each([
    ['', undefined, 'the question is empty: expected a text such as "what colour is the circle?", got ""'],
    [' ?!', undefined, 'the question is empty'],
    [
      'what is left of the dog?',
      undefined,
      'the question does not say what its answers could be: expected one of colour, number, place or shape, or one answered yes or no, got what is left of the dog? (give them: --answers cat,dog,bird)',
    ],
    ['what is this?', [], 'no answers: expected at least one, got none'],
    ['what is this?', ['cat', ''], 'answer 2 is empty'],
    [
      'what is this?',
      ['cat', 'dog', 'cat'],
      'two answers are equal: expected 3 different ones, got "cat" as answer 1 and answer 3',
    ],
  ])('%s of %s are refused', (question, answers, message) => {
    expect(() => readQuestion(question, answers)).toThrow(message);
  });
});
