#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::cpu {

/// A processing unit, by the operating system's number, and where it sits. `sibling` counts the
/// units of its core: 0 is the first, 1 its hyper-thread.
struct Unit {
    u32 number = 0;
    u32 core = 0;  ///< counted over the machine
    u32 node = 0;  ///< of memory, counted over the machine
    u32 sibling = 0;

    bool operator==(const Unit&) const = default;
};

/// The units this process may run on, in hwloc's order: control groups and affinity masks are
/// heeded. Looked up once. At least one.
const std::vector<Unit>& units_here();

/// The units of a machine that hwloc makes up, "pack:2 core:4 pu:2"; empty when it cannot.
std::vector<Unit> units_of(const std::string& synthetic_machine);

/// The units on which thread 0, 1 … of a worker may run; thread t on any of `[t]`.
using Places = std::vector<std::vector<u32>>;

/// Where worker `worker` puts its threads; `teams` are the threads of every worker. A worker's
/// threads stay on one memory node, so that what they share is near to all of them; workers are
/// dealt to the nodes in turn; every core gets one thread before any core gets two. When all
/// threads together need every core, each has a unit of its own; when they do not, it may run on
/// the first unit of any core of its node, so that two programs with a few threads do not meet on
/// one core while another idles. Empty, which is anywhere: when there are more threads than units,
/// or no node has room for the worker.
Places places_of(const std::vector<Unit>& units, const std::vector<u32>& teams, u32 worker);

/// Keeps the calling thread on these units while it lives; then the thread may run where it could
/// before. Does nothing without units, or when the system refuses.
class Stay {
public:
    explicit Stay(const std::vector<u32>& units);
    ~Stay();
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

private:
    struct Before;
    std::unique_ptr<Before> before_;
};

}  // namespace adit::cpu
