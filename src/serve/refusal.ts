// Why a request is not answered, as every error of the server looks: {"error": {"what", "expected", "got", "hint"}}.
import { ClipError, type Complaint, oneLine } from '../errors.ts';

export interface ErrorBody {
  readonly error: { readonly what: string } & Complaint;
}

export class Refusal extends Error {
  readonly status: number;
  readonly complaint: { readonly what: string } & Complaint;

  constructor(status: number, what: string, complaint: Complaint = {}) {
    super(what);
    this.status = status;
    this.complaint = { what, ...complaint };
  }

  /** The answer's body: each part on one line. */
  get body(): ErrorBody {
    return errorBody(this.complaint);
  }
}

/** Runs `check`; what is wrong about its input is a refusal with `status`. */
export function refusing<T>(status: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ClipError)) throw error;
    const { what, ...complaint } = error.complaint;
    throw new Refusal(status, what, complaint);
  }
}

const LONGEST = 200;

export function errorBody({ what, expected, got, hint }: { readonly what: string } & Complaint): ErrorBody {
  const short = (part: string | number): string | number => {
    if (typeof part === 'number') return part;
    const line = oneLine(part.length > LONGEST ? `${part.slice(0, LONGEST)}…` : part);
    return line.toWellFormed();
  };
  return {
    error: {
      what: `${short(what)}`,
      ...(expected !== undefined && { expected: short(expected) }),
      ...(got !== undefined && { got: short(got) }),
      ...(hint !== undefined && { hint: `${short(hint)}` }),
    },
  };
}
