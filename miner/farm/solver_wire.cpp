#include "miner/farm/solver_wire.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "kernels/base/endian.hpp"

namespace adit::miner::farm::wire {
namespace {

class Out {
public:
    template <class Number>
    void number(Number value)
    {
        std::array<u8, sizeof(Number)> bytes;
        store_le<Number>(bytes.data(), value);
        append(bytes_, bytes);
    }
    void raw(ByteView bytes) { append(bytes_, bytes); }
    void text(std::string_view text) { blob(as_bytes(text)); }
    void blob(ByteView bytes)
    {
        number(static_cast<u32>(bytes.size()));
        raw(bytes);
    }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

/// Past the end everything is zero and `ok` false.
class In {
public:
    explicit In(ByteView bytes) : rest_(bytes) {}

    template <class Number>
    Number number()
    {
        const ByteView bytes = raw(sizeof(Number));
        return bytes.empty() ? Number{0} : load_le<Number>(bytes.data());
    }
    ByteView raw(std::size_t size)
    {
        if (size > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    ByteView blob() { return raw(number<u32>()); }
    std::string text() { return std::string(as_text(blob())); }
    template <std::size_t N>
    void array(std::array<u8, N>& to)
    {
        if (const ByteView bytes = raw(N); !bytes.empty())
            std::copy(bytes.begin(), bytes.end(), to.begin());
    }
    bool whole() const { return ok_ && rest_.empty(); }
    bool ok() const { return ok_; }

private:
    ByteView rest_;
    bool ok_ = true;
};

void write(Out& out, const Open& open)
{
    out.text(open.device_id);
    out.number(open.params.n);
    out.number(open.params.k);
    out.raw(as_bytes(open.personalization.text()));
    out.text(open.lane);
    out.number(open.worker);
}
bool read(In& in, Open& open)
{
    open.device_id = in.text();
    const u32 n = in.number<u32>();
    const u32 k = in.number<u32>();
    const auto params = equihash::find_params(n, k);
    const auto tag = equihash::Personalization::from_text(as_text(in.raw(8)));
    open.lane = in.text();
    open.worker = in.number<u32>();
    if (!params || !tag) return false;
    open.params = *params;
    open.personalization = *tag;
    return true;
}

void write(Out& out, const Solve& solve)
{
    out.raw(solve.input.view());
    out.number(solve.batch.counter_offset);
    out.number(solve.batch.counter_bytes);
    out.number(solve.batch.first);
    out.number(solve.batch.count);
}
bool read(In& in, Solve& solve)
{
    in.array(solve.input.header);
    solve.batch.counter_offset = in.number<u32>();
    solve.batch.counter_bytes = in.number<u32>();
    solve.batch.first = in.number<u64>();
    solve.batch.count = in.number<u64>();
    return true;
}

void write(Out&, const Stop&) {}
bool read(In&, Stop&) { return true; }

void write(Out& out, const Ready& ready)
{
    out.text(ready.device_name);
    out.text(ready.variant);
    out.number(ready.memory_bytes);
}
bool read(In& in, Ready& ready)
{
    ready.device_name = in.text();
    ready.variant = in.text();
    ready.memory_bytes = in.number<u64>();
    return true;
}

void write(Out& out, const Report& report)
{
    out.number(report.report.nonces_done);
    out.number(report.report.rows_dropped);
    out.number(static_cast<u32>(report.report.found.size()));
    for (const solver::FoundSolution& found : report.report.found) {
        out.raw(found.nonce);
        out.blob(found.solution.bytes);
    }
}
bool read(In& in, Report& report)
{
    report.report.nonces_done = in.number<u64>();
    report.report.rows_dropped = in.number<u64>();
    for (u32 left = in.number<u32>(); left > 0 && in.ok(); --left) {
        solver::FoundSolution& found = report.report.found.emplace_back();
        in.array(found.nonce);
        const ByteView solution = in.blob();
        found.solution.bytes.assign(solution.begin(), solution.end());
    }
    return true;
}

void write(Out& out, const Failed& failed)
{
    out.number(static_cast<u8>(failed.error.word));
    out.text(failed.error.detail);
}
bool read(In& in, Failed& failed)
{
    const u8 word = in.number<u8>();
    failed.error.word = static_cast<solver::DeviceError::Word>(word);
    failed.error.detail = in.text();
    return word <= static_cast<u8>(solver::DeviceError::Word::self_test_failed);
}

template <std::size_t I = 0>
std::optional<Frame> read_kind(u8 kind, In& in)
{
    if constexpr (I < std::variant_size_v<Frame>) {
        if (kind != I) return read_kind<I + 1>(kind, in);
        std::variant_alternative_t<I, Frame> fields{};
        if (!read(in, fields) || !in.whole()) return std::nullopt;
        return Frame(std::move(fields));
    } else {
        return std::nullopt;
    }
}

bool send_all(int fd, ByteView bytes)
{
    while (!bytes.empty()) {
        const auto put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
}

bool receive_all(int fd, MutableByteView into)
{
    while (!into.empty()) {
        const auto got = ::read(fd, into.data(), into.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

}  // namespace

Bytes encode(const Frame& frame)
{
    Out out;
    out.number(static_cast<u8>(frame.index()));
    std::visit([&](const auto& fields) { write(out, fields); }, frame);
    const Bytes fields = out.take();
    Out framed;
    framed.blob(fields);
    return framed.take();
}

std::optional<Frame> decode(ByteView bytes)
{
    In in(bytes);
    const u8 kind = in.number<u8>();
    if (!in.ok()) return std::nullopt;
    return read_kind(kind, in);
}

bool send(int fd, const Frame& frame) { return send_all(fd, encode(frame)); }

std::optional<Frame> receive(int fd)
{
    std::array<u8, 4> length;
    if (!receive_all(fd, length)) return std::nullopt;
    const u32 size = load_le<u32>(length.data());
    if (size > kFrameBytesMax) return std::nullopt;
    Bytes bytes(size);
    if (!receive_all(fd, bytes)) return std::nullopt;
    return decode(bytes);
}

}  // namespace adit::miner::farm::wire
