/** A pass: a named pure function from one form to the same or the next. */
export interface Pass<From, To = From> {
  readonly name: string;
  readonly run: (form: From) => To;
}
