// A caption read back: what it says of colour, shape, size, place and ground, and whether that is so. For captions that
// somebody else wrote, such as a decoder: what no template makes says nothing that could be checked.
import { CAPTION_TEMPLATES, SLOT_PHRASES, truePhrases } from './captions.ts';
import type { Scene } from './scene.ts';

/** What a caption says, by slot of its template; what it does not speak of is not there. */
export interface CaptionClaims {
  readonly colour: string;
  readonly shape: string;
  readonly size?: string;
  readonly place?: string;
  readonly ground?: string;
}

export type ClaimSlot = keyof CaptionClaims;

/** Every template as a pattern, with a group for each slot. */
const FORMS: readonly RegExp[] = CAPTION_TEMPLATES.map((template) => {
  const pattern = template
    .replace('{label}', '{colour} {shape}')
    .replace(/\ba (?=\{)/g, 'an? ')
    .replace(
      /\{(\w+)\}/g,
      (_, slot: ClaimSlot) => `(?<${slot}>${[...new Set(SLOT_PHRASES[slot])].join('|')})`,
    );
  return new RegExp(`^${pattern}$`);
});

/** What a caption says, or nothing where it is none that a template makes. */
export function claimsOf(caption: string): CaptionClaims | undefined {
  for (const form of FORMS) {
    const groups = form.exec(caption)?.groups;
    if (groups) return { ...groups } as unknown as CaptionClaims;
  }
  return undefined;
}

/** For each thing that is claimed, whether it is so in the scene. */
export function judgeClaims(claims: CaptionClaims, scene: Scene): Partial<Record<ClaimSlot, boolean>> {
  const truth = { colour: [scene.colour], shape: [scene.shape], ...truePhrases(scene) };
  const slots = Object.entries(claims) as [ClaimSlot, string][];
  return Object.fromEntries(
    slots.map(([slot, phrase]) => [slot, (truth[slot] as string[]).includes(phrase)]),
  );
}
