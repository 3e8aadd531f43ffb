// Drives the AXI4-Stream ports of a Verilated design (class Vtop) with bytes from a file and stores what comes out.
// bench INPUT OUTPUT INPUTS OUTPUTS SELECT SEED STALL_IN STALL_OUT LIMIT
//   INPUTS, OUTPUTS: of each port, bytes per element and elements per inference, as in 1x784,4x10; an inference is the
//   elements of one port after those of another, little-endian. STALL_*: percent of cycles without valid or ready;
//   LIMIT: cycles without a beat.
// Prints "QC_BENCH cycles first interval", counted from the first input beat: to the last output beat, to the last beat
// of the first inference, and between the ends of the last two inferences.
// ports.h lists the ports of the design: QC_INPUTS(PORT) and QC_OUTPUTS(PORT) apply PORT to each name.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "Vtop.h"
#include "ports.h"
#include "verilated.h"

static uint64_t state;

// xorshift64*: the same stalls on every machine.
static bool percent(unsigned chance) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return ((state * 2685821657736338717ULL) >> 33) % 100 < chance;
}

// Elements of one port: element k of it starts at byte (k / elements) * inference + offset + (k % elements) * bytes.
struct Layout {
  size_t bytes, elements, offset, inference;
  size_t at(size_t k) const { return k / elements * inference + offset + k % elements * bytes; }
};

struct Source : Layout {
  void (*drive)(Vtop&, bool valid, uint32_t data, bool last);
  bool (*ready)(const Vtop&);
  size_t sent;
  bool offered;
};

struct Sink : Layout {
  void (*drive)(Vtop&, bool ready);
  bool (*valid)(const Vtop&);
  uint32_t (*data)(const Vtop&);
  bool (*last)(const Vtop&);
  size_t got;
  bool open;
};

#define SOURCE(name)                                        \
  {{}, [](Vtop& top, bool valid, uint32_t data, bool last) { \
     top.name##_tvalid = valid;                             \
     top.name##_tdata = data;                               \
     top.name##_tlast = last;                               \
   },                                                       \
   [](const Vtop& top) { return bool(top.name##_tready); }, 0, false},
#define SINK(name)                                                    \
  {{}, [](Vtop& top, bool ready) { top.name##_tready = ready; },      \
   [](const Vtop& top) { return bool(top.name##_tvalid); },           \
   [](const Vtop& top) { return uint32_t(top.name##_tdata); },        \
   [](const Vtop& top) { return bool(top.name##_tlast); }, 0, false},

// Reads "bytes x elements" of every port; returns the bytes of an inference, or 0 when the text has other ports.
template <typename Port>
static size_t lay_out(std::vector<Port>& ports, const char* text) {
  size_t offset = 0;
  for (Port& port : ports) {
    int length = 0;
    if (sscanf(text, "%zux%zu%n", &port.bytes, &port.elements, &length) != 2) return 0;
    text += length + (text[length] == ',');
    port.offset = offset;
    offset += port.bytes * port.elements;
  }
  for (Port& port : ports) port.inference = offset;
  return *text ? 0 : offset;
}

int main(int argc, char** argv) {
  if (argc != 10) return fprintf(stderr, "bench: expected 9 arguments\n"), 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<uint8_t> input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<Source> sources = {QC_INPUTS(SOURCE)};
  std::vector<Sink> sinks = {QC_OUTPUTS(SINK)};
  const size_t input_bytes = lay_out(sources, argv[3]);
  const size_t output_bytes = lay_out(sinks, argv[4]);
  if (!input_bytes || !output_bytes) return fprintf(stderr, "bench: no layout of the ports\n"), 2;
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

  std::vector<uint8_t> output(inferences * output_bytes);
  std::vector<uint64_t> ends;
  const auto all_sent = [&] {
    return std::all_of(sources.begin(), sources.end(), [&](const Source& s) { return s.sent == inferences * s.elements; });
  };
  const auto complete = [&](size_t inference) {
    return std::all_of(sinks.begin(), sinks.end(), [&](const Sink& s) { return s.got >= inference * s.elements; });
  };
  uint64_t cycle = 0, first_beat = UINT64_MAX, last_beat = 0, idle = 0;
  // A few cycles past the last beat, so that a stray extra beat is seen.
  for (unsigned tail = 0; tail < 16; cycle++) {
    top.rst = cycle < 2;
    for (Source& source : sources) {
      // A valid beat stays offered until it is taken, as AXI4-Stream demands.
      source.offered =
          cycle >= 2 && source.sent < inferences * source.elements && (source.offered || !percent(stall_in));
      uint32_t data = 0xa5a5a5a5;
      if (source.offered) {
        data = 0;
        for (size_t i = 0; i < source.bytes; i++) data |= uint32_t(input[source.at(source.sent) + i]) << (8 * i);
      }
      source.drive(top, source.offered, data, source.offered && (source.sent + 1) % source.elements == 0);
    }
    for (Sink& sink : sinks) {
      sink.open = cycle >= 2 && !percent(stall_out);
      sink.drive(top, sink.open);
    }
    top.eval();
    bool beat = false;
    for (Source& source : sources) {
      if (!source.offered || !source.ready(top)) continue;
      beat = true;
      first_beat = std::min(first_beat, cycle);
      source.sent++;
      source.offered = false;
    }
    for (Sink& sink : sinks) {
      if (!sink.open || !sink.valid(top)) continue;
      beat = true;
      last_beat = cycle;
      if (sink.got == inferences * sink.elements) return fprintf(stderr, "bench: a stray output beat\n"), 4;
      for (size_t i = 0; i < sink.bytes; i++) output[sink.at(sink.got) + i] = sink.data(top) >> (8 * i);
      const bool last = ++sink.got % sink.elements == 0;
      if (last != sink.last(top))
        return fprintf(stderr, "bench: tlast is %d on output beat %zu\n", !last, sink.got - 1), 4;
    }
    if (ends.size() < inferences && complete(ends.size() + 1)) ends.push_back(cycle);
    idle = beat ? 0 : idle + 1;
    if (ends.size() == inferences && all_sent()) tail++;
    else if (idle > limit) {
      fprintf(stderr, "bench: no beat for %llu cycles after", (unsigned long long)limit);
      for (const Source& source : sources) fprintf(stderr, " %zu", source.sent);
      fprintf(stderr, " input and");
      for (const Sink& sink : sinks) fprintf(stderr, " %zu of %zu", sink.got, inferences * sink.elements);
      return fprintf(stderr, " output elements\n"), 3;
    }
    top.clk = 1;
    top.eval();
    top.clk = 0;
  }
  std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<const char*>(output.data()), output.size());
  const size_t n = ends.size();
  const uint64_t interval = n > 1 ? ends[n - 1] - ends[n - 2] : ends[0] - first_beat + 1;
  printf("QC_BENCH %llu %llu %llu\n", (unsigned long long)(last_beat - first_beat + 1),
         (unsigned long long)(ends[0] - first_beat + 1), (unsigned long long)interval);
  return 0;
}
