// Drives the AXI4-Stream ports of a Verilated design (class Vtop) with bytes from a file and stores what comes out.
// bench INPUT OUTPUT INPUT_BYTES OUTPUT_BYTES SELECT SEED STALL_IN STALL_OUT LIMIT
//   *_BYTES: bytes of one inference; STALL_*: percent of cycles without valid or ready; LIMIT: cycles without a beat.
// Prints "QC_BENCH cycles first interval", counted from the first input beat: to the last output beat, to the last beat
// of the first inference, and between the ends of the last two inferences.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

static uint64_t state;

// xorshift64*: the same stalls on every machine.
static bool percent(unsigned chance) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return ((state * 2685821657736338717ULL) >> 33) % 100 < chance;
}

int main(int argc, char** argv) {
  if (argc != 10) return fprintf(stderr, "bench: expected 9 arguments\n"), 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<uint8_t> input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t input_bytes = strtoul(argv[3], nullptr, 10);
  const size_t output_bytes = strtoul(argv[4], nullptr, 10);
  const size_t inferences = input.size() / input_bytes;
  state = strtoull(argv[6], nullptr, 10) * 2654435761ULL + 88172645463325252ULL;
  const unsigned stall_in = strtoul(argv[7], nullptr, 10);
  const unsigned stall_out = strtoul(argv[8], nullptr, 10);
  const uint64_t limit = strtoull(argv[9], nullptr, 10);

  VerilatedContext context;
  context.randReset(2);  // registers start with random values: reset must be enough
  context.randSeed(1 + int(state % 1000000));
  Vtop top(&context);
#ifdef QC_SELECT
  top.select = strtoul(argv[5], nullptr, 10);
#endif
  top.clk = 0;
  top.s_axis_tvalid = 0;
  top.m_axis_tready = 0;

  std::vector<uint8_t> output;
  std::vector<uint64_t> ends;
  size_t sent = 0;
  uint64_t cycle = 0, first_beat = 0, last_beat = 0, idle = 0;
  bool offered = false;
  // A few cycles past the last beat, so that a stray extra beat is seen.
  for (unsigned tail = 0; tail < 16; cycle++) {
    top.rst = cycle < 2;
    // A valid beat stays offered until it is taken, as AXI4-Stream demands.
    offered = cycle >= 2 && sent < input.size() && (offered || !percent(stall_in));
    top.s_axis_tvalid = offered;
    top.s_axis_tdata = offered ? input[sent] : 0xa5;
    top.s_axis_tlast = offered && (sent + 1) % input_bytes == 0;
    top.m_axis_tready = cycle >= 2 && !percent(stall_out);
    top.eval();
    const bool in_beat = offered && top.s_axis_tready;
    const bool out_beat = top.m_axis_tvalid && top.m_axis_tready && cycle >= 2;
    if (out_beat) {
      output.push_back(top.m_axis_tdata);
      const bool last = output.size() % output_bytes == 0;
      if (last) ends.push_back(cycle);
      if (last != bool(top.m_axis_tlast))
        return fprintf(stderr, "bench: tlast is %d on output beat %zu\n", int(top.m_axis_tlast), output.size() - 1), 4;
      last_beat = cycle;
    }
    if (in_beat) {
      if (sent == 0) first_beat = cycle;
      sent++;
      offered = false;
    }
    idle = in_beat || out_beat ? 0 : idle + 1;
    if (output.size() >= inferences * output_bytes && sent == input.size()) tail++;
    else if (idle > limit)
      return fprintf(stderr, "bench: no beat for %llu cycles after %zu input and %zu of %zu output bytes\n",
                     (unsigned long long)limit, sent, output.size(), inferences * output_bytes), 3;
    top.clk = 1;
    top.eval();
    top.clk = 0;
  }
  std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<const char*>(output.data()), output.size());
  if (output.size() != inferences * output_bytes || sent != input.size())
    return fprintf(stderr, "bench: %zu of %zu input, %zu of %zu output bytes\n", sent, input.size(), output.size(),
                   inferences * output_bytes), 4;
  const size_t n = ends.size();
  const uint64_t interval = n > 1 ? ends[n - 1] - ends[n - 2] : ends[0] - first_beat + 1;
  printf("QC_BENCH %llu %llu %llu\n", (unsigned long long)(last_beat - first_beat + 1),
         (unsigned long long)(ends[0] - first_beat + 1), (unsigned long long)interval);
  return 0;
}
