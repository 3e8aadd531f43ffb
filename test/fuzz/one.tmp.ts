import fc from "fast-check";
import { recipes, randomGraph } from "./random-graph.js";
import { compile } from "../../compiler/compile.js";
import { printForm } from "../../compiler/ir/print.js";
import { importModel } from "../../compiler/import/read-graph.js";
const g = randomGraph(fc.sample(recipes, {numRuns:Number(process.argv[2]), seed:1}).at(-1)!);
console.log(printForm(importModel(g.bytes,"m")));
console.log("compiling");
compile(g.bytes,{numerics:g.numerics});
