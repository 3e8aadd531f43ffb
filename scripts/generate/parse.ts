/** Reads the scalar subset with ts-morph; anything outside it is rejected with its place. */
import { basename } from "node:path";
import { type FunctionDeclaration, Node, Project, SyntaxKind, type TypeNode, VariableDeclarationKind } from "ts-morph";
import { between, type Interval, type Operator, typeInterval } from "./interval.js";
import type { Expression, Parameter, ScalarFunction, Statement } from "./ir.js";
import { isCondition, parseCondition } from "./parse-condition.js";
import { outside, placeOf } from "./place.js";

const operators = new Set(["+", "-", "*", "/", ">>", "<<", "&", "^", "|"]);

/** Functions of a scalar source text, in order; `path` is used in messages only. */
export function parseScalarSource(path: string, text: string): ScalarFunction[] {
  const project = new Project({ useInMemoryFileSystem: true });
  const source = project.createSourceFile(basename(path), text);
  const functions = new Map<string, ScalarFunction>();
  const aliases = new Map<string, Interval>();
  for (const statement of source.getStatements()) {
    if (Node.isImportDeclaration(statement)) continue;
    if (Node.isTypeAliasDeclaration(statement)) {
      aliases.set(statement.getName(), readType(statement.getTypeNode(), statement, aliases));
    } else if (Node.isFunctionDeclaration(statement)) {
      const parsed = new FunctionParser(functions, aliases).parse(statement);
      functions.set(parsed.name, parsed);
    } else {
      throw outside(statement);
    }
  }
  return [...functions.values()];
}

function readType(type: TypeNode | undefined, owner: Node, aliases: ReadonlyMap<string, Interval>): Interval {
  if (!type) throw outside(owner, "needs a range type");
  if (!Node.isTypeReference(type)) throw outside(type, "is not a range type");
  const name = type.getTypeName().getText();
  const alias = aliases.get(name);
  if (alias) return alias;
  const integer = /^([iu])([1-9]\d*)$/.exec(name);
  if (integer) return typeInterval({ width: Number(integer[2]), signed: integer[1] === "i" });
  const ends = type.getTypeArguments().map((end) => /^-?\d+n$/.exec(end.getText())?.[0].slice(0, -1));
  if (name !== "Between" || ends[0] === undefined || ends[1] === undefined) throw outside(type, "is not a range type");
  return between(BigInt(ends[0]), BigInt(ends[1]));
}

export class FunctionParser {
  private readonly names = new Map<string, "constant" | "variable">();

  constructor(
    private readonly functions: ReadonlyMap<string, ScalarFunction>,
    private readonly aliases: ReadonlyMap<string, Interval>,
  ) {}

  parse(declaration: FunctionDeclaration): ScalarFunction {
    const body = declaration.getBody();
    if (!Node.isBlock(body)) throw outside(declaration, "needs a body");
    const parameters = declaration.getParameters().map((parameter): Parameter => {
      const name = this.define(parameter.getNameNode(), "constant");
      if (parameter.getInitializer()) throw outside(parameter);
      return { name, interval: readType(parameter.getTypeNode(), parameter, this.aliases) };
    });
    const statements = body.getStatements();
    const last = statements.pop();
    if (!Node.isReturnStatement(last)) throw outside(last ?? declaration, "is not the one return that ends a function");
    return {
      name: declaration.getNameOrThrow(),
      at: placeOf(declaration),
      documentation: declaration
        .getJsDocs()
        .map((doc) => doc.getDescription().trim())
        .join("\n"),
      parameters,
      result: readType(declaration.getReturnTypeNode(), declaration, this.aliases),
      body: statements.flatMap((statement) => this.statement(statement)),
      value: this.expression(last.getExpression() ?? last),
    };
  }

  /** Names are unique within a function, as Verilog declares them all at its head, where t0, t1, .. are temporaries. */
  private define(node: Node, kind: "constant" | "variable"): string {
    const name = node.getText();
    if (!Node.isIdentifier(node) || !/^(?!t\d+$)[a-z][a-zA-Z0-9]*$/.test(name))
      throw outside(node, "is not a usable name");
    if (this.names.has(name)) throw outside(node, "is declared twice");
    this.names.set(name, kind);
    return name;
  }

  private statement(node: Node): Statement[] {
    const at = placeOf(node);
    if (Node.isBlock(node)) return node.getStatements().flatMap((statement) => this.statement(statement));
    if (Node.isVariableStatement(node)) {
      const constant = node.getDeclarationKind() === VariableDeclarationKind.Const;
      return node.getDeclarations().map((declaration): Statement => {
        const type = declaration.getTypeNode();
        const interval = constant && !type ? undefined : readType(type, declaration, this.aliases);
        const value = this.expression(declaration.getInitializer() ?? declaration);
        const name = this.define(declaration.getNameNode(), constant ? "constant" : "variable");
        return { kind: "declare", at: placeOf(declaration), name, constant, interval, value };
      });
    }
    if (Node.isExpressionStatement(node)) {
      const assignment = node.getExpression();
      if (!Node.isBinaryExpression(assignment) || assignment.getOperatorToken().getText() !== "=") throw outside(node);
      const name = assignment.getLeft().getText();
      if (this.names.get(name) !== "variable") throw outside(assignment, "does not assign to a let variable");
      return [{ kind: "assign", at, name, value: this.expression(assignment.getRight()) }];
    }
    if (Node.isIfStatement(node)) {
      const otherwise = node.getElseStatement();
      return [
        {
          kind: "if",
          at,
          condition: parseCondition(node.getExpression(), this),
          yes: this.statement(node.getThenStatement()),
          no: otherwise ? this.statement(otherwise) : [],
        },
      ];
    }
    if (Node.isForStatement(node)) return [this.loop(node, at)];
    throw outside(node);
  }

  private loop(node: Node & { getStatement(): Node }, at: string): Statement {
    const head = /^for \(let (\w+) = (\d+)n; (\w+) < (\d+)n; (\w+)\+\+\)/.exec(node.getText());
    if (!head || head[1] !== head[3] || head[1] !== head[5]) {
      throw outside(node, "is not of the form for (let i = 0n; i < 9n; i++)");
    }
    const from = BigInt(head[2]!);
    const to = BigInt(head[4]!);
    if (from >= to) throw outside(node, "never runs");
    const declaration = node.getFirstDescendantByKindOrThrow(SyntaxKind.VariableDeclaration);
    const name = this.define(declaration.getNameNode(), "constant");
    return { kind: "for", at, name, from, to, body: this.statement(node.getStatement()) };
  }

  expression(node: Node): Expression {
    const at = placeOf(node);
    if (Node.isParenthesizedExpression(node)) return this.expression(node.getExpression());
    if (Node.isBigIntLiteral(node)) return { kind: "literal", at, value: BigInt(node.getText().slice(0, -1)) };
    if (Node.isPrefixUnaryExpression(node) && node.getOperatorToken() === SyntaxKind.MinusToken) {
      const operand = this.expression(node.getOperand());
      if (operand.kind !== "literal") throw outside(node, "negates something else than a literal");
      return { kind: "literal", at, value: -operand.value };
    }
    if (Node.isIdentifier(node)) {
      if (!this.names.has(node.getText())) throw outside(node, "is not a parameter or a variable declared before");
      return { kind: "name", at, name: node.getText() };
    }
    if (Node.isBinaryExpression(node) && !isCondition(node)) {
      const operator = node.getOperatorToken().getText();
      if (!operators.has(operator)) throw outside(node);
      const left = this.expression(node.getLeft());
      return { kind: "binary", at, operator: operator as Operator, left, right: this.expression(node.getRight()) };
    }
    if (Node.isConditionalExpression(node)) {
      const condition = parseCondition(node.getCondition(), this);
      const yes = this.expression(node.getWhenTrue());
      return { kind: "choose", at, condition, yes, no: this.expression(node.getWhenFalse()) };
    }
    if (Node.isCallExpression(node)) return this.call(node.getExpression().getText(), node.getArguments(), node);
    throw outside(node);
  }

  private call(name: string, nodes: readonly Node[], node: Node): Expression {
    const at = placeOf(node);
    const callee = this.functions.get(name);
    if (!callee && name !== "range") throw outside(node, "does not call an earlier function of this file");
    const values = nodes.map((argument) => this.expression(argument));
    if (!callee) {
      const [value, low, high] = values;
      if (!value || low?.kind !== "literal" || high?.kind !== "literal" || low.value > high.value) {
        throw outside(node, "is not of the form range(value, low, high) with literal ends");
      }
      return { kind: "range", at, value, interval: between(low.value, high.value) };
    }
    if (values.length !== callee.parameters.length) throw outside(node, "has the wrong number of arguments");
    return { kind: "call", at, callee, arguments: values };
  }
}
