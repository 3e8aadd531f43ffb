/** Where a piece of the source stands, for messages. */
import type { Node } from "ts-morph";
import { SubsetError } from "./ir.js";

/** "file:line:column" of a node. */
export function placeOf(node: Node): string {
  const { line, column } = node.getSourceFile().getLineAndColumnAtPos(node.getStart());
  return `${node.getSourceFile().getBaseName()}:${line}:${column}`;
}

/** The rejection of a node. */
export function outside(node: Node, why = "is outside the scalar subset"): SubsetError {
  return new SubsetError(placeOf(node), `${node.getKindName()} '${node.getText().split("\n")[0]}' ${why}`);
}
