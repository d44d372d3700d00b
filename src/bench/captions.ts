// Captions as people write them under photographs, made from word lists and a fixed seed, so that a benchmark needs no
// data set: 8 to 14 words, punctuation and capitals as they come, now and then a name, a number or an accent.

const SUBJECTS =
  'man|woman|boy|girl|child|baby|couple|group of people|crowd|skier|surfer|skateboarder|tennis player|baseball player|chef|police officer|bride|cyclist|dog|puppy|cat|kitten|horse|zebra|giraffe|elephant|brown bear|polar bear|cow|sheep|flock of birds|seagull|parrot|train|double decker bus|fire hydrant|stop sign|airplane|motorcycle|boat|clock tower|teddy bear|vase of flowers|plate of food|slice of pizza|birthday cake|laptop computer|kitchen|bathroom|living room|wooden bench';
const LOOKS =
  'young|old|small|large|tiny|red|blue|green|white|black and white|striped|wooden|metal|colorful|dirty|clean|broken|empty|fluffy|spotted|tall|smiling|sleepy|vintage|modern|half-eaten|freshly baked|well-dressed|brightly lit|snow-covered';
const ACTIONS =
  'sitting on|standing next to|looking at|riding|holding|leaning against|walking past|lying on|jumping over|playing with|eating from|parked near|flying above|hanging over|posing with|running towards|carrying|reaching for|hiding behind|surrounded by|covered with|pulling|feeding|photographed through';
const OBJECTS =
  'couch|table|chair|bed|desk|window|fence|sidewalk|field|beach|ocean|mountain|river|bridge|building|street corner|traffic light|umbrella|suitcase|backpack|frisbee|kite|baseball bat|tennis racket|surfboard|skateboard|snowboard|bowl|cup of coffee|wine glass|sandwich|hot dog|banana|broccoli|donut|refrigerator|oven|sink|toilet|mirror|television|remote control|cell phone|keyboard|book|scissors|toothbrush|hair dryer';
const ENDINGS =
  "in the park|at night|on a sunny day|in the snow|during a game|near the water|in front of a store|at the airport|in a zoo enclosure|on the grass|under a tree|by the road|in the background|with other people watching|while it rains|in black and white|at sunset|in an old photo|on Main St.|in New York City|at the café|in São Paulo|before the 2nd half|at 5 p.m.|during Bob's birthday party|and it isn't moving|as they're waiting|\"for sale\"|(close-up)|- stock photo";

const SYLLABLES =
  'ba|ber|chi|dal|den|el|fa|gor|ham|in|ka|lan|lo|mar|mi|nor|o|pel|ra|ris|san|shi|sto|ta|ton|u|ver|wick|yo|zen';

/** `count` captions, nearly all of them different; the same ones every time. One in three has an invented name. */
export function captions(count: number): string[] {
  let state = 2014;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const lists = new Map<string, string[]>();
  const pick = (list: string): string => {
    if (!lists.has(list)) lists.set(list, list.split('|'));
    const items = lists.get(list)!;
    return items[below(items.length)]!;
  };
  const thing = (list: string) => {
    const words = below(2) === 0 ? pick(list) : `${pick(LOOKS)} ${pick(list)}`;
    return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
  };
  const name = () => {
    const word = Array.from({ length: 2 + below(3) }, () => pick(SYLLABLES)).join('');
    return ` in ${word[0]!.toUpperCase()}${word.slice(1)}`;
  };
  return Array.from({ length: count }, () => {
    const place = below(3) === 0 ? name() : '';
    const text = `${thing(SUBJECTS)} ${pick(ACTIONS)} ${thing(OBJECTS)}${place} ${pick(ENDINGS)}`;
    return text[0]!.toUpperCase() + text.slice(1) + pick('.|.|.||');
  });
}
