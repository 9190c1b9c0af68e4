#pragma once

#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/bytes.hpp"

// Shared memory that notices races, for the host lane's tests: every element knows who touched it
// since the last barrier. Two lanes that touch one element between two barriers, one of them at
// least by a plain write, are a race; so are a plain access and an atomic one. What stands between
// phases is run by every lane. Two things are none: lanes that write the same value, and atomics
// among themselves. A read of what nobody in the block has written is told too. Same idea as
// NVIDIA's racecheck.
namespace adit::dialect::host {

/// Who runs just now: a lane, or all of them (between phases). Read and moved on by host_lane.hpp.
struct Now {
    static constexpr u32 kEverybody = 0xffff'ffff;  ///< or several lanes
    static constexpr u32 kNobody = 0xffff'fffe;
    u32 lane = kEverybody;
    u32 interval = 0;  ///< of all barrier intervals of this thread, which one
};
inline thread_local Now now;

/// What was found, by any thread, since it was last asked for: at most kFindingsMax lines.
class Findings {
public:
    static constexpr std::size_t kFindingsMax = 32;
    void add(std::string line)
    {
        const std::scoped_lock lock(mutex_);
        if (lines_.size() < kFindingsMax) lines_.push_back(std::move(line));
    }
    std::vector<std::string> take()
    {
        const std::scoped_lock lock(mutex_);
        return std::exchange(lines_, {});
    }

private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};
inline Findings findings;

/// One element of a shared array.
template <class T>
class Watched {
public:
    Watched() { std::memset(static_cast<void*>(&value_), 0xa5, sizeof value_); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void place(const char* array, std::size_t index)
    {
        array_ = array;
        index_ = index;
    }
    operator T() const  // NOLINT(google-explicit-constructor): kernels use it as a T
    {
        enter();
        if (!written_) tell("read before it is written");
        if (by_other(writer_) || by_other(atomic_)) tell("read beside a write");
        note(reader_);
        return value_;
    }
    Watched& operator=(const T& value)
    {
        enter();
        const bool same = std::memcmp(&value, &value_, sizeof value) == 0;
        if (by_other(reader_) || by_other(atomic_) || (by_other(writer_) && !same))
            tell("written beside another access");
        note(writer_);
        written_ = true;
        value_ = value;
        return *this;
    }
    /// For one atomic step on it.
    T& atomic()
    {
        enter();
        if (!written_) tell("counted on before it is written");
        if (by_other(reader_) || by_other(writer_)) tell("atomic beside a plain access");
        note(atomic_);
        return value_;
    }
    /// For whoever is behind barriers of his own.
    T& quietly() { return value_; }

private:
    void enter() const
    {
        if (interval_ == now.interval) return;
        interval_ = now.interval;
        reader_ = writer_ = atomic_ = Now::kNobody;
    }
    static bool by_other(u32 who) { return who != Now::kNobody && who != now.lane; }
    static void note(u32& who)
    {
        who = who == Now::kNobody || who == now.lane ? now.lane : Now::kEverybody;
    }
    void tell(const char* what) const
    {
        const std::string who =
            now.lane == Now::kEverybody ? "all lanes" : "lane " + std::to_string(now.lane);
        findings.add(std::string(array_) + "[" + std::to_string(index_) + "] " + what + " by " +
                     who);
    }

    T value_;
    const char* array_ = "";
    std::size_t index_ = 0;
    bool written_ = false;
    mutable u32 interval_ = 0xffff'ffff;
    mutable u32 reader_ = Now::kNobody, writer_ = Now::kNobody, atomic_ = Now::kNobody;
};

}  // namespace adit::dialect::host
