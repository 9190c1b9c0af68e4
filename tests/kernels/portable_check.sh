#!/bin/sh
# portable_check.sh SOURCE_ROOT NATIVE_PROGRAM WORK_FOLDER
# Builds the portable lane for ARM64, runs it under emulation, and holds what it finds against what the
# same program finds here. 77 and a reason: skipped.
set -eu
root=$1 native=$2 work=$3
cxx=$(command -v aarch64-linux-gnu-g++ || command -v aarch64-linux-gnu-g++-12) || {
    echo "skipped: no aarch64-linux-gnu-g++ (g++-aarch64-linux-gnu)"; exit 77; }
mkdir -p "$work"
cd "$root"
for nk in 48_5 96_5 200_9; do
    "$cxx" -std=c++20 -O2 -I. -idirafter /usr/include -DADIT_CPU_LANE=portable \
        -DADIT_CPU_LANE_HEADER='"kernels/cpu/lane_portable.hpp"' -DADIT_CPU_LANE_IS_portable \
        -c "kernels/cpu/instances/equihash_$nk.cpp" -o "$work/$nk.o"
done
"$cxx" -std=c++20 -O2 -static -I. -idirafter /usr/include \
    tests/kernels/portable_check.cpp kernels/cpu/arena.cpp kernels/equihash/leaves.cpp kernels/equihash/params.cpp \
    kernels/hash/blake2b.cpp kernels/hash/blake2b_portable.cpp kernels/hash/blake2b_avx2.cpp \
    kernels/hash/blake2b_avx512.cpp kernels/hash/cpu_features.cpp kernels/hash/dispatch.cpp \
    kernels/base/check.cpp "$work"/*.o -o "$work/portable_check"
command -v qemu-aarch64 >/dev/null || { echo "skipped: compiled for ARM64, but no qemu-aarch64 to run it (qemu-user)"; exit 77; }
qemu-aarch64 "$work/portable_check" >"$work/arm64.txt"
"$native" >"$work/native.txt"
[ -s "$work/native.txt" ] || { echo "nothing was found, which proves nothing"; exit 1; }
cmp "$work/native.txt" "$work/arm64.txt"
echo "$(wc -l <"$work/native.txt") solutions, the same on both"
