/**
 * FIFO depths of reconvergent paths, computed so that the network cannot deadlock.
 *
 * Let M_t(n) be the number of elements of tensor t that can exist once n elements of the graph's input were accepted.
 * A join (two inputs) has consumed M_join(n) of each input by then, so its FIFO on input t holds at most
 *   max over n of  M_t(n) - M_join(n)
 * elements. With FIFOs that deep, everything that n inputs allow is computed without waiting for input n+1, for every n;
 * forks hand an element to each branch as soon as that branch takes it, so no branch waits for another: no deadlock.
 * M_t uses the earliest time an element can exist (`needs`), M_join the latest (`taken`: every line buffer on the way is
 * full), so the same depth also lets line buffers run ahead instead of stalling the fork.
 */

/** For element k of a tensor: input elements of the graph accepted when it appears, at the earliest and at the latest. */
export interface Arrival {
  readonly earliest: Int32Array;
  readonly latest: Int32Array;
}

/** Arrival of the graph's input itself. */
export function inputArrival(count: number): Arrival {
  const own = Int32Array.from({ length: count }, (_, k) => k + 1);
  return { earliest: own, latest: own };
}

/** Arrival of a stage's output of `count` elements, from that of its inputs. */
export function stageArrival(
  inputs: readonly Arrival[],
  count: number,
  stage: { needs(index: number): number; taken(index: number): number },
): Arrival {
  const earliest = new Int32Array(count);
  const latest = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const needs = stage.needs(k) - 1;
    const taken = stage.taken(k) - 1;
    for (const input of inputs) {
      earliest[k] = Math.max(earliest[k]!, input.earliest[needs]!);
      latest[k] = Math.max(latest[k]!, input.latest[taken]!);
    }
  }
  return { earliest, latest };
}

/** Elements a FIFO in front of a join must hold for the input that arrives as `input`; `join` is the join's output. */
export function fifoDepth(input: Arrival, join: Arrival): number {
  let depth = 0;
  let joined = 0;
  for (let k = 0; k < input.earliest.length; k++) {
    while (joined < join.latest.length && join.latest[joined]! <= input.earliest[k]!) joined++;
    depth = Math.max(depth, k + 1 - joined);
  }
  return depth;
}
