/** Stack that functions of the C library and of libgcc take, for which GCC leaves no frames: what their instructions push. */

export interface LibraryFrame {
  /** All that is pushed on any path, whatever is popped in between; undefined where calls through registers or growth by one leave no bound. */
  readonly bytes: number | undefined;
  readonly calls: ReadonlySet<string>;
}

/** Frames by function, from a linked program's symbols and instructions (`objdump -dt --no-show-raw-insn`). */
export function libraryFrames(disassembly: string): Map<string, LibraryFrame> {
  const frames = new Map<string, LibraryFrame>();
  const names = new Map<string, string[]>();
  for (const [, address, name] of disassembly.matchAll(/^([0-9a-f]+) .* F \S+\s+[0-9a-f]+ (?:\.hidden )?(\S+)$/gm))
    names.set(address!, [...(names.get(address!) ?? []), name!]);
  for (const part of disassembly.split(/^(?=[0-9a-f]+ <)/m)) {
    const [, address, first] = /^([0-9a-f]+) <([^>]+)>:/.exec(part) ?? [];
    if (!address) continue;
    const own = new Set([first!, ...(names.get(address) ?? [])]);
    const instructions = [...part.matchAll(/^\s+[0-9a-f]+:\s+(.*)$/gm)].map(([, text]) => text!);
    const growths = instructions.map(stackGrowth);
    const bound = !growths.includes(undefined) && !instructions.some((text) => /^(blx|jalr)\s/.test(text));
    const bytes = bound ? growths.reduce<number>((sum, growth) => sum + growth!, 0) : undefined;
    const calls = instructions.flatMap((text) => /^(?:b\S*|jal?|call|tail)\s.*<([^>+]+)>$/.exec(text)?.[1] ?? []);
    const frame = { bytes, calls: new Set(calls.filter((called) => !own.has(called))) };
    for (const name of own) frames.set(name, frame);
  }
  return frames;
}

const registers = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc"];
/** Other names that disassemblers have for them. */
const aliases = new Map([
  ["sl", "r10"],
  ["fp", "r11"],
  ["ip", "r12"],
]);

/** Bytes by which one Arm or RISC-V instruction grows the stack; undefined where a register says how many. */
export function stackGrowth(instruction: string): number | undefined {
  const text = instruction.trim();
  const [, vector, list] = /^(?:push(?:\.w)?|stmdb\s+sp!,|stmfd\s+sp!,|(vpush))\s*\{([^}]*)\}/.exec(text) ?? [];
  if (list !== undefined) return (vector ? 8 : 4) * countOf(list);
  const [, down] = /\[sp, #-(\d+)\]!/.exec(text) ?? [];
  const [, below] = /^(?:subw?(?:\.w)?\s+sp,\s*(?:sp,\s*)?#|addi\s+sp,\s*sp,\s*-)(\d+)/.exec(text) ?? [];
  if (down ?? below) return Number(down ?? below);
  return /^sub\S*\s+sp,/.test(text) ? undefined : 0;
}

/** Registers of a list such as `r4-r7, lr` or `d8-d9`. */
function countOf(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first, last = first] = range
      .trim()
      .split("-")
      .map((name) => (name.startsWith("d") ? Number(name.slice(1)) : registers.indexOf(aliases.get(name) ?? name)));
    return sum + last! - first! + 1;
  }, 0);
}
