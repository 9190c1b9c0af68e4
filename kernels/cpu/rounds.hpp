#pragma once

#include <time.h>

#include "kernels/cpu/next_table.hpp"
#include "kernels/cpu/way_back.hpp"

// The solver itself, templated on (n, k): what one of a nonce's threads does, from leaves to
// solutions.

namespace adit::cpu::ADIT_CPU_LANE {

template <Params P>
class Rounds {
    using L = Layout<P>;

public:
    static bool run(NonceRun& run) { return Rounds(run).all(); }

private:
    explicit Rounds(NonceRun& nonce) : run_(nonce), tables_(nonce) {}

    bool all()
    {
        run_.solutions = 0;
        phase_began_ns_ = now_ns();
        const bool made = in_my_parts(0, [&](u32 part) { return make_leaves(tables_, part); }) &&
                          make_tables<1>();
        if (!made || !in_my_parts(L::k, [&](u32 part) { return match_last(tables_, part); }))
            return false;
        WayBack<P> way_back(tables_);
        for (u32 c = 0; c < tables_.candidates; ++c) {
            if (tables_.stopped()) return false;
            way_back.walk(tables_.scratch.candidates[c][0], tables_.scratch.candidates[c][1]);
        }
        end_phase(L::k + 1);
        return true;
    }

    template <u32 R>
    bool make_tables()
    {
        if constexpr (R < L::k)
            return in_my_parts(R, [&](u32 part) { return make_table<P, R>(tables_, part); }) &&
                   make_tables<R + 1>();
        else
            return true;
    }

    /// One phase: this thread's parts of it, then a wait for the others. False when one stopped.
    template <class Work>
    bool in_my_parts(u32 phase, const Work& work)
    {
        for (u32 part = run_.thread; part < L::parts; part += run_.threads)
            if (!work(part)) return false;
        if (run_.threads > 1 && !run_.meet(run_.team)) return false;
        end_phase(phase);
        return true;
    }

    static u64 now_ns()
    {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        return static_cast<u64>(now.tv_sec) * 1'000'000'000 + static_cast<u64>(now.tv_nsec);
    }
    void end_phase(u32 phase)
    {
        const u64 now = now_ns();
        run_.phase_ns[phase] = now - phase_began_ns_;
        phase_began_ns_ = now;
    }

    NonceRun& run_;
    Tables<P> tables_;
    u64 phase_began_ns_ = 0;
};

template <Params P>
constexpr NonceKernel make_kernel(hash::Lane lane)
{
    return {P, lane, Tables<P>::kArenaBytes, Layout<P>::parts, &Rounds<P>::run};
}

}  // namespace adit::cpu::ADIT_CPU_LANE
