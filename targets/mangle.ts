/** Names from a model as identifiers and comment text of generated C and Verilog. The only way they get there. */

const cWords =
  "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict " +
  "return short signed sizeof static struct switch typedef union unsigned void volatile while asm fortran typeof main errno " +
  "NULL INT8_MIN INT8_MAX";
const cppWords =
  "alignas alignof and and_eq bitand bitor bool catch char16_t char32_t char8_t class co_await co_return co_yield compl concept " +
  "const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export false friend mutable namespace new " +
  "noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast requires static_assert static_cast " +
  "template this thread_local throw true try typeid typename using virtual wchar_t xor xor_eq";
const verilogWords =
  "always assign automatic begin buf bufif0 bufif1 casex casez cell cmos config deassign defparam design disable edge end " +
  "endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask event force forever fork " +
  "function generate genvar highz0 highz1 ifnone incdir include initial inout input instance integer join large liblist " +
  "library localparam macromodule medium module nand negedge nmos nor noshowcancelled notif0 notif1 output parameter pmos " +
  "posedge primitive pull0 pull1 pulldown pullup pulsestyle_onevent pulsestyle_ondetect rcmos real realtime reg release " +
  "repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled small specify specparam strong0 strong1 supply0 supply1 " +
  "table task time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg use uwire vectored wait wand weak0 weak1 wire wor " +
  "xnor logic bit byte int shortint longint";

const reserved = new Set(`${cWords} ${cppWords} ${verilogWords}`.split(" "));

const maximumLength = 63;

/** `text` as `[A-Za-z_][A-Za-z0-9_]{0,62}`: other characters become `_`, reserved words get one appended. */
export function mangle(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_]+/g, "_");
  // C reserves identifiers that begin with two underscores or an underscore and a capital.
  const safe = /^[A-Za-z]/.test(plain) ? plain : `n${plain}`;
  const short = safe.slice(0, maximumLength);
  return reserved.has(short) ? `${short}_` : short;
}

/** Hands out identifiers that differ from one another, ignoring case as some tools do. */
export class Names {
  readonly #taken = new Set<string>();

  /** `mangle(text)`, with a number appended when it is taken. */
  unique(text: string): string {
    const base = mangle(text);
    let name = base;
    for (let count = 2; this.#taken.has(name.toLowerCase()); count++) {
      const suffix = `_${count}`;
      name = `${base.slice(0, maximumLength - suffix.length)}${suffix}`;
    }
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

/** Text for the inside of a comment: printable ASCII on one line that can neither end the comment nor continue the line. */
export function commentText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, "?")
    .replaceAll("\\", "/")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *")
    .replaceAll("`", "'");
}
