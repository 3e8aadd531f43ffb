/** ONNX functions of one value, QLinearSigmoid and QLinearLeakyRelu. Sources: ONNX operator specification; onnxruntime docs/ContribOperators.md. */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { f32 } from "../../arith/float32.js";
import { Attributes } from "../../import/attributes.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { OnnxRule } from "../../import/rules.js";
import { noClamp } from "../../ir/graph.js";
import { pendingFunction, requireFunction } from "./real-function.js";

type Builder = (x: Expression, attributes: Attributes) => Expression;

const plain =
  (name: FunctionName): Builder =>
  (x) => [name, x];

/** Parameters are float32 attributes with these defaults. */
const withParameters =
  (name: FunctionName, parameters: Readonly<Record<string, number>>): Builder =>
  (x, attributes) => [
    name,
    x,
    ...Object.entries(parameters).map(([key, fallback]) => f32(attributes.float(key, fallback))),
  ];

const builders: Readonly<Record<string, Builder>> = {
  Abs: plain("Abs"),
  Ceil: plain("Ceil"),
  Celu: withParameters("Celu", { alpha: 1 }),
  Elu: withParameters("Elu", { alpha: 1 }),
  Erf: plain("Erf"),
  Exp: plain("Exp"),
  FastGelu: plain("GeluTanh"),
  Floor: plain("Floor"),
  Gelu: (x, attributes) => [attributes.text("approximate", "none") === "tanh" ? "GeluTanh" : "Gelu", x],
  HardSigmoid: withParameters("HardSigmoid", { alpha: 0.2, beta: 0.5 }),
  HardSwish: plain("HardSwish"),
  LeakyRelu: withParameters("LeakyRelu", { alpha: 0.01 }),
  Log: plain("Log"),
  Mish: plain("Mish"),
  Neg: plain("Neg"),
  QuickGelu: withParameters("Swish", { alpha: 1.702 }),
  Reciprocal: plain("Reciprocal"),
  Round: plain("Round"),
  Selu: withParameters("Selu", { alpha: 1.673263192176819, gamma: 1.0507010221481323 }),
  Sigmoid: plain("Sigmoid"),
  Sign: plain("Sign"),
  Softplus: plain("Softplus"),
  Softsign: plain("Softsign"),
  Sqrt: plain("Sqrt"),
  Swish: withParameters("Swish", { alpha: 1 }),
  Tanh: plain("Tanh"),
  ThresholdedRelu: withParameters("ThresholdedRelu", { alpha: 1 }),
};

const rule =
  (build: Builder): OnnxRule =>
  (node, reader) => {
    if (node.inputs.length !== 1) return reader.refuse(node, `${node.inputs.length} inputs; expected one`);
    const operand = requireFunction(node, reader, 0);
    const attributes = new Attributes(node, reader);
    const expression = build(operand.expression, attributes);
    attributes.done();
    reader.define(node, pendingFunction(node, reader, { ...operand, expression }));
    return true;
  };

/** com.microsoft: X, X_scale, X_zero_point, Y_scale, Y_zero_point */
const qlinearRule =
  (build: Builder): OnnxRule =>
  (node, reader) => {
    const attributes = new Attributes(node, reader);
    const expression = build("x", attributes);
    attributes.done();
    const tensor = qlinearOperand(reader, node, 0);
    const common = { kind: "pending", name: node.name, clamp: noClamp, moves: [] } as const;
    return qlinearResult(
      reader,
      node,
      { ...common, op: "table", inputs: [tensor], attributes: { expression }, shape: tensor.shape },
      3,
    );
  };

export const functionRules: Readonly<Record<string, OnnxRule>> = {
  ...Object.fromEntries(Object.entries(builders).map(([opType, build]) => [opType, rule(build)])),
  QLinearLeakyRelu: qlinearRule(withParameters("LeakyRelu", { alpha: 0.01 })),
  QLinearSigmoid: qlinearRule(plain("Sigmoid")),
};
