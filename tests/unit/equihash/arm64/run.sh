#!/usr/bin/env bash
# run.sh SOURCE_DIR WORK_DIR BOOST_INCLUDE_DIR: builds the judge and the plain solver for ARM64 and runs
# them under emulation. Without a cross compiler it is skipped (exit 77); without qemu it is built only.
set -eu
source_dir=$1 work_dir=$2 boost_dir=$3
compiler=$(command -v aarch64-linux-gnu-g++ || command -v aarch64-linux-gnu-g++-12 || true)
if [ -z "$compiler" ]; then
    echo "skipped: no ARM64 cross compiler (Debian: g++-aarch64-linux-gnu, qemu-user)"
    exit 77
fi
mkdir -p "$work_dir/include"
ln -sfn "$boost_dir/boost" "$work_dir/include/boost"  # headers alone, not the host's libc
cd "$source_dir"
"$compiler" -std=c++20 -O1 -static -Wall -Wextra -Werror -I. -isystem "$work_dir/include" \
    tests/unit/equihash/arm64/judge_main.cpp kernels/base/check.cpp \
    kernels/hash/blake2b*.cpp kernels/hash/cpu_features.cpp kernels/hash/dispatch.cpp \
    kernels/equihash/{params,distinct,encoding,leaves,verifier,reference_solver}.cpp -o "$work_dir/judge"
if ! command -v qemu-aarch64 > /dev/null; then
    echo "built for ARM64; not run: no qemu-aarch64 (Debian: qemu-user)"
    exit 0
fi
qemu-aarch64 "$work_dir/judge"
