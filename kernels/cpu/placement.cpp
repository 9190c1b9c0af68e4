#include "kernels/cpu/placement.hpp"

#include <sched.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>
#include <tuple>

#if defined(ADIT_HAS_HWLOC)
#include <hwloc.h>
#endif

namespace adit::cpu {
namespace {

/// Without hwloc, or when it cannot tell: every unit the system grants is a core of its own.
std::vector<Unit> units_of_the_system()
{
    std::vector<Unit> units;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (u32 i = 0; i < CPU_SETSIZE; ++i)
            if (CPU_ISSET(i, &allowed)) units.push_back({i, static_cast<u32>(units.size()), 0, 0});
    for (u32 i = 0; units.empty() && i < std::max(1u, std::thread::hardware_concurrency()); ++i)
        units.push_back({i, i, 0, 0});
    return units;
}

#if defined(ADIT_HAS_HWLOC)
class Topology {
public:
    /// Of this machine, or of one made up.
    explicit Topology(const std::string& synthetic_machine)
    {
        if (hwloc_topology_init(&topology_) != 0) return;
        if (synthetic_machine.empty())
            hwloc_topology_set_flags(topology_, HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING);
        else if (hwloc_topology_set_synthetic(topology_, synthetic_machine.c_str()) != 0)
            return;
        loaded_ = hwloc_topology_load(topology_) == 0;
    }
    ~Topology()
    {
        if (topology_ != nullptr) hwloc_topology_destroy(topology_);
    }
    Topology(const Topology&) = delete;
    Topology& operator=(const Topology&) = delete;

    std::vector<Unit> units() const
    {
        std::vector<Unit> units;
        std::map<u32, u32> seen;  // units of a core so far
        hwloc_obj_t at = nullptr;
        while (loaded_ &&
               (at = hwloc_get_next_obj_by_type(topology_, HWLOC_OBJ_PU, at)) != nullptr) {
            const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology_, HWLOC_OBJ_CORE, at);
            Unit unit;
            unit.number = at->os_index;
            unit.core = core != nullptr ? core->logical_index : at->logical_index;
            unit.node = static_cast<u32>(std::max(0, hwloc_bitmap_first(at->nodeset)));
            unit.sibling = seen[unit.core]++;
            units.push_back(unit);
        }
        return units;
    }

private:
    hwloc_topology_t topology_ = nullptr;
    bool loaded_ = false;
};
#endif

/// The units of each node, in the order in which they are given away.
std::map<u32, std::vector<Unit>> by_node(const std::vector<Unit>& units)
{
    std::map<u32, std::vector<Unit>> nodes;
    for (const Unit& unit : units) nodes[unit.node].push_back(unit);
    for (auto& [node, list] : nodes)
        std::stable_sort(list.begin(), list.end(),
                         [](const Unit& a, const Unit& b) { return a.sibling < b.sibling; });
    return nodes;
}

std::vector<u32> first_units(const std::vector<Unit>& units)
{
    std::vector<u32> numbers;
    for (const Unit& unit : units)
        if (unit.sibling == 0) numbers.push_back(unit.number);
    return numbers;
}

}  // namespace

const std::vector<Unit>& units_here()
{
    static const std::vector<Unit> units = [] {
#if defined(ADIT_HAS_HWLOC)
        if (std::vector<Unit> found = Topology("").units(); !found.empty()) return found;
#endif
        return units_of_the_system();
    }();
    return units;
}

std::vector<Unit> units_of([[maybe_unused]] const std::string& synthetic_machine)
{
#if defined(ADIT_HAS_HWLOC)
    if (!synthetic_machine.empty()) return Topology(synthetic_machine).units();
#endif
    return {};
}

Places places_of(const std::vector<Unit>& units, const std::vector<u32>& teams, u32 worker)
{
    const u64 threads = std::accumulate(teams.begin(), teams.end(), u64{0});
    if (worker >= teams.size() || threads > units.size()) return {};
    const bool own_units = threads >= first_units(units).size();
    std::map<u32, std::vector<Unit>> free = by_node(units);
    std::map<u32, u32> dealt;  // workers, to each node
    for (u32 w = 0;; ++w) {
        const u32 team = teams[w];
        std::vector<Unit>* best = nullptr;
        auto best_cost = std::tuple(~0u, ~0u, ~0u);  // seats on taken cores, workers there, node
        for (auto& [node, list] : free) {
            if (list.size() < team || team == 0) continue;
            const auto cost = std::tuple(list[team - 1].sibling, dealt[node], node);
            if (cost < best_cost) {
                best = &list;
                best_cost = cost;
            }
        }
        if (best == nullptr) {
            if (w == worker) return {};
            continue;
        }
        ++dealt[std::get<2>(best_cost)];
        if (w < worker) {
            best->erase(best->begin(), best->begin() + team);
            continue;
        }
        const auto anywhere = first_units(by_node(units)[std::get<2>(best_cost)]);
        Places places;
        for (u32 t = 0; t < team; ++t)
            places.push_back(own_units ? std::vector{(*best)[t].number} : anywhere);
        return places;
    }
}

struct Stay::Before {
    cpu_set_t units;
};

Stay::Stay(const std::vector<u32>& units)
{
    if (units.empty()) return;
    auto before = std::make_unique<Before>();
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (u32 number : units)
        if (number < CPU_SETSIZE) CPU_SET(number, &wanted);
    if (sched_getaffinity(0, sizeof before->units, &before->units) != 0) return;
    if (sched_setaffinity(0, sizeof wanted, &wanted) == 0) before_ = std::move(before);
}

Stay::~Stay()
{
    if (before_) sched_setaffinity(0, sizeof before_->units, &before_->units);
}

}  // namespace adit::cpu
