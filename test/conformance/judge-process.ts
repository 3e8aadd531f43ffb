/** Judges cases by name in a process of its own, so that a caller can end one that takes too long. */
import { casesOf } from "./corpora.js";
import { judge } from "./judge.js";
import { Oracle } from "./oracle.js";

const oracle = new Oracle();
process.on("message", async ({ corpus, name }: { corpus: string; name: string }) => {
  const item = casesOf(`${corpus}/${name}`).find((one) => one.corpus === corpus && one.name === name)!;
  process.send!(await judge(item, oracle));
});
process.on("disconnect", () => oracle.close());
