#!/usr/bin/env bash
# Installs the native tools of the verification ladder from Debian's packages: only those that are missing.
# Needs root or passwordless sudo; without either it prints the command to run and fails.
set -euo pipefail

has() { command -v "$1" >/dev/null; }
compiles_for_arm() { has arm-none-eabi-gcc && echo '#include <string.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1; }
compiles_for_host() { has gcc && echo '#include <string.h>' | gcc -E - >/dev/null 2>&1; }

missing=()
compiles_for_host || missing+=(gcc libc6-dev)
has make || missing+=(make)
has g++ || missing+=(g++) # Verilator compiles what it generates with g++ and make
has arm-none-eabi-gcc || missing+=(gcc-arm-none-eabi)
compiles_for_arm || missing+=(libnewlib-arm-none-eabi)
has riscv64-unknown-elf-gcc || missing+=(gcc-riscv64-unknown-elf)
has qemu-system-arm || missing+=(qemu-system-arm)
has qemu-system-riscv32 || missing+=(qemu-system-misc)
has verilator || missing+=(verilator)
has iverilog || missing+=(iverilog)
has yosys || missing+=(yosys)
has nextpnr-ice40 || missing+=(nextpnr-ice40)
has icepack || missing+=(fpga-icestorm)
[ ${#missing[@]} -gt 0 ] || exit 0

install=(apt-get install -y --no-install-recommends -o Acquire::Retries=3 "${missing[@]}")
as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! has sudo || ! sudo -n true 2>/dev/null; then
    echo "Native tools are missing, and installing them needs root. Run:" >&2
    echo "  sudo apt-get update && sudo ${install[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
if ! has apt-get; then
  echo "Native tools are missing, and this is no Debian system. Their packages there are called: ${missing[*]}" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; }

echo "Installing ${missing[*]}" >&2
for attempt in 1 2 3; do
  if quietly apt-get update && quietly "${install[@]}"; then exit 0; fi
  echo "Attempt $attempt failed" >&2
  sleep $((attempt * 5))
done
tail -n 20 "$log" >&2
exit 1
