/** A refusal in the vendor's form, thrown by a route. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(status: number, facts: { message: string; code?: string | null; param?: string | null }) {
    super(facts.message);
    this.status = status;
    this.code = facts.code ?? null;
    this.param = facts.param ?? null;
  }
}
