#pragma once

#include <optional>
#include <string>
#include <variant>

#include "kernels/solver/backend.hpp"

/// What a solver's process and its parent say to each other: frames of LE32 length, one type byte,
/// then the fields. Both ends are this very program, so a frame that does not parse means that the
/// other end is broken.
namespace adit::miner::farm::wire {

/// A solver is wanted; the first frame to the child.
struct Open {
    std::string device_id;
    equihash::Params params;
    equihash::Personalization personalization;
    std::string lane;
    u32 worker = 0;

    bool operator==(const Open&) const = default;
};
struct Solve {
    equihash::PowInput input;
    solver::NonceRange batch;

    bool operator==(const Solve&) const = default;
};
struct Stop {
    bool operator==(const Stop&) const = default;
};

/// The child's answer to Open: tested and ready.
struct Ready {
    std::string device_name;
    std::string variant;
    u64 memory_bytes = 0;

    bool operator==(const Ready&) const = default;
};
/// To Solve.
struct Report {
    solver::SolveReport report;
};
/// To either.
struct Failed {
    solver::DeviceError error;
};

using Frame = std::variant<Open, Solve, Stop, Ready, Report, Failed>;

inline constexpr u32 kFrameBytesMax = 64u << 20;

/// With its length in front.
Bytes encode(const Frame& frame);

/// A frame's bytes without the length; nullopt when they are none.
std::optional<Frame> decode(ByteView bytes);

/// Whole frames over a file descriptor that blocks. One thread a direction.
/// @return false when the other end is gone
bool send(int fd, const Frame& frame);
/// nullopt: the other end is gone or talks nonsense.
std::optional<Frame> receive(int fd);

}  // namespace adit::miner::farm::wire
