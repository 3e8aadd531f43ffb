/**
 * Interval analysis: an interval for every expression, and the proof that it fits 64 bits, its variable, its parameter
 * or its result. Calls are analysed again with the intervals of their arguments, so a tight argument gives a tight result.
 */
import { between, combine, contains, hull, type Interval, intersect, showInterval } from "./interval.js";
import { type Condition, type Expression, type ScalarFunction, type Statement, SubsetError } from "./ir.js";
import { refine } from "./refine.js";

export type Environment = ReadonlyMap<string, Interval>;

/** Result of the analysis of one function for arguments anywhere in its parameters' ranges. */
export interface Analysis {
  readonly intervals: ReadonlyMap<Expression, Interval>;
  /** Declared or inferred interval of every parameter and variable. */
  readonly variables: Environment;
}

const int64 = between(-(1n << 63n), (1n << 63n) - 1n);
const uint64 = between(0n, (1n << 64n) - 1n);

/** Whether int64 or uint64 holds all values of the interval. */
export function fitsMachine(interval: Interval): boolean {
  return contains(int64, interval) || contains(uint64, interval);
}

export function analyze(scalar: ScalarFunction): Analysis {
  const analyzer = new Analyzer(true);
  const result = analyzer.run(
    scalar,
    scalar.parameters.map(({ interval }) => interval),
  );
  requireFit(scalar.value.at, `result of ${scalar.name}`, result, scalar.result);
  return { intervals: analyzer.intervals, variables: analyzer.variables };
}

function requireFit(at: string, what: string, value: Interval, target: Interval): void {
  if (contains(target, value)) return;
  throw new SubsetError(at, `${what}: value range ${showInterval(value)} does not fit ${showInterval(target)}`);
}

class Analyzer {
  readonly intervals = new Map<Expression, Interval>();
  readonly variables = new Map<string, Interval>();

  /** `proving` is false for the second look at a callee, whose body has been proved for all arguments already. */
  constructor(private readonly proving: boolean) {}

  run(scalar: ScalarFunction, values: readonly Interval[]): Interval {
    const environment = new Map(scalar.parameters.map(({ name }, index) => [name, values[index]!]));
    for (const [name, interval] of environment) this.variables.set(name, interval);
    return this.expression(scalar.value, this.block(scalar.body, environment));
  }

  private block(statements: readonly Statement[], environment: Environment): Environment {
    return statements.reduce((current, statement) => this.statement(statement, current), environment);
  }

  private statement(statement: Statement, environment: Environment): Environment {
    switch (statement.kind) {
      case "declare": {
        const value = this.expression(statement.value, environment);
        const declared = statement.interval ?? value;
        if (this.proving) requireFit(statement.at, statement.name, value, declared);
        this.variables.set(statement.name, declared);
        return new Map(environment).set(statement.name, value);
      }
      case "assign": {
        const value = this.expression(statement.value, environment);
        if (this.proving) requireFit(statement.at, statement.name, value, this.variables.get(statement.name)!);
        return new Map(environment).set(statement.name, value);
      }
      case "if":
        return this.branches(statement.condition, environment, statement.yes, statement.no);
      case "for": {
        // Whatever the body assigns may hold any value of its type at the start of a turn: sound without iteration.
        const start = new Map(environment).set(statement.name, between(statement.from, statement.to - 1n));
        for (const name of assigned(statement.body)) start.set(name, this.variables.get(name)!);
        this.variables.set(statement.name, between(statement.from, statement.to));
        return join(start, this.block(statement.body, start));
      }
    }
  }

  private branches(
    condition: Condition,
    environment: Environment,
    yes: readonly Statement[],
    no: readonly Statement[],
  ): Environment {
    const [whenTrue, whenFalse] = this.split(condition, environment);
    const ends = [];
    if (whenTrue) ends.push(this.block(yes, whenTrue));
    if (whenFalse) ends.push(this.block(no, whenFalse));
    return ends.reduce(join);
  }

  /** Environments of the two outcomes; one is undefined when a callee's arguments rule it out. */
  private split(condition: Condition, environment: Environment): [Environment | undefined, Environment | undefined] {
    const outcomes = this.outcomes(condition, environment);
    if (this.proving && outcomes.includes(undefined)) {
      throw new SubsetError(condition.at, `the condition is always ${outcomes[0] ? "true" : "false"}`);
    }
    return outcomes;
  }

  private outcomes(condition: Condition, environment: Environment): [Environment | undefined, Environment | undefined] {
    if (condition.kind === "compare") {
      const left = this.expression(condition.left, environment);
      const right = this.expression(condition.right, environment);
      this.requireMachine(condition.at, hull(left, right));
      return [refine(condition, left, right, environment, true), refine(condition, left, right, environment, false)];
    }
    const [leftTrue, leftFalse] = this.outcomes(condition.left, environment);
    const [entered, skipped] = condition.kind === "and" ? [leftTrue, leftFalse] : [leftFalse, leftTrue];
    if (!entered) return condition.kind === "and" ? [undefined, skipped] : [skipped, undefined];
    const [rightTrue, rightFalse] = this.outcomes(condition.right, entered);
    return condition.kind === "and"
      ? [rightTrue, either(skipped, rightFalse)]
      : [either(skipped, rightTrue), rightFalse];
  }

  private expression(expression: Expression, environment: Environment): Interval {
    const interval = this.evaluate(expression, environment);
    this.requireMachine(expression.at, interval);
    this.intervals.set(expression, interval);
    return interval;
  }

  private evaluate(expression: Expression, environment: Environment): Interval {
    switch (expression.kind) {
      case "literal":
        return between(expression.value, expression.value);
      case "name":
        return environment.get(expression.name)!;
      case "binary": {
        const left = this.expression(expression.left, environment);
        const right = this.expression(expression.right, environment);
        this.checkOperands(expression, left, right);
        const result = combine(expression.operator, left, right);
        this.requireMachine(expression.at, hull(left, result, ...(isShift(expression.operator) ? [] : [right])));
        return result;
      }
      case "choose": {
        const [whenTrue, whenFalse] = this.split(expression.condition, environment);
        const values = [];
        if (whenTrue) values.push(this.expression(expression.yes, whenTrue));
        if (whenFalse) values.push(this.expression(expression.no, whenFalse));
        return hull(...values);
      }
      case "range": {
        const value = this.expression(expression.value, environment);
        const common = intersect(value, expression.interval);
        if (!common) throw new SubsetError(expression.at, `range() excludes every value of ${showInterval(value)}`);
        if (this.proving && contains(expression.interval, value)) {
          throw new SubsetError(expression.at, `range() is not needed: ${showInterval(value)} is proved`);
        }
        return common;
      }
      case "call":
        return this.call(expression.callee, expression, environment);
    }
  }

  private call(
    callee: ScalarFunction,
    { at, arguments: values }: Expression & { kind: "call" },
    environment: Environment,
  ): Interval {
    const intervals = values.map((value) => this.expression(value, environment));
    for (const [index, { name, interval }] of callee.parameters.entries()) {
      if (this.proving) requireFit(at, `argument ${name} of ${callee.name}`, intervals[index]!, interval);
    }
    return new Analyzer(false).run(callee, intervals);
  }

  private checkOperands({ at, operator }: Expression & { kind: "binary" }, left: Interval, right: Interval): void {
    if (isShift(operator) && (right.low < 0n || right.high > 63n)) {
      throw new SubsetError(at, `shift count ${showInterval(right)} is not within [0, 63]`);
    }
    // C leaves both undefined or rounds them towards zero; multiply, or shift right, instead.
    if ((operator === "<<" || operator === "/") && left.low < 0n) {
      throw new SubsetError(at, `left operand of ${operator} may be negative: ${showInterval(left)}`);
    }
    if (operator === "/" && (right.low !== right.high || right.low <= 0n)) {
      throw new SubsetError(at, "division is by positive constants only");
    }
  }

  private requireMachine(at: string, interval: Interval): void {
    if (fitsMachine(interval)) return;
    throw new SubsetError(at, `intermediate range ${showInterval(interval)} fits neither int64 nor uint64`);
  }
}

export function isShift(operator: string): boolean {
  return operator === ">>" || operator === "<<";
}

function either(a: Environment | undefined, b: Environment | undefined): Environment | undefined {
  return a && b ? join(a, b) : (a ?? b);
}

/** Variables known on both sides, with the hull of their intervals; the others went out of scope. */
function join(a: Environment, b: Environment): Environment {
  const joined = new Map<string, Interval>();
  for (const [name, interval] of a) {
    const other = b.get(name);
    if (other) joined.set(name, hull(interval, other));
  }
  return joined;
}

function assigned(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.kind === "assign") return [statement.name];
    if (statement.kind === "if") return assigned([...statement.yes, ...statement.no]);
    return statement.kind === "for" ? assigned(statement.body) : [];
  });
}
