#include "stratum/server/job_book.hpp"

#include <algorithm>
#include <charconv>

#include "stratum/proto/codec.hpp"
#include "stratum/proto/pool_work.hpp"

namespace adit::stratum::server {
namespace {

bool same_header(const Work& a, const Work& b)
{
    return equal(a.input.view().first(kHeaderFixedBytes),
                 b.input.view().first(kHeaderFixedBytes)) &&
           a.params == b.params && a.personalization == b.personalization;
}

/// The parts of mining.notify that are the same for every miner.
void prepare_lines(ServerJob& job)
{
    Notify notify;
    std::copy_n(job.work->input.header.begin(), kHeaderFixedBytes, notify.header.begin());
    notify.clean_jobs = true;
    notify.hint.params = ParamsHint{job.work->params.n, job.work->params.k};
    notify.hint.personalization = job.work->personalization;
    const std::string line = encode(notify);
    constexpr std::string_view kEmptyId = "\"params\":[\"";
    constexpr std::string_view kClean = ",true";
    const std::size_t id_at = line.find(kEmptyId) + kEmptyId.size();
    const std::size_t clean_at = line.find(kClean, id_at);
    job.notify_tail = line.substr(id_at, clean_at - id_at);
    job.hint_tail = line.substr(clean_at + kClean.size());
}

}  // namespace

std::string ServerJob::notify_line(std::string_view id, bool clean) const
{
    std::string line = R"({"id":null,"method":"mining.notify","params":[")";
    line.reserve(line.size() + id.size() + notify_tail.size() + hint_tail.size() + 8);
    line += id;
    line += notify_tail;
    line += clean ? ",true" : ",false";
    line += hint_tail;
    return line;
}

ServerJobPtr JobBook::add(WorkPtr work)
{
    const ServerJobPtr before = newest();
    if (before && same_header(*before->work, *work)) return nullptr;
    auto job = std::make_shared<ServerJob>();
    job->number = next_++;
    job->work = std::move(work);
    job->new_block = !before || before->work->epoch != job->work->epoch ||
                     !equal(previous_hash(*before->work), previous_hash(*job->work));
    prepare_lines(*job);
    if (job->new_block) jobs_.clear();
    jobs_.push_back(job);
    if (jobs_.size() > kJobsMax) jobs_.pop_front();
    return job;
}

ServerJobPtr JobBook::find(u64 number) const
{
    const auto found = std::find_if(jobs_.rbegin(), jobs_.rend(),
                                    [&](const auto& job) { return job->number == number; });
    return found == jobs_.rend() ? nullptr : *found;
}

std::string job_id(u64 number, u8 generation)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
    std::string id(digits, end);
    id += kDigits[generation >> 4];
    id += kDigits[generation & 15];
    return id;
}

std::optional<ParsedJobId> parse_job_id(std::string_view text)
{
    if (text.size() < 3 || text.size() > 18) return std::nullopt;
    const auto number_of = [](std::string_view digits, auto& number) {
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, number, 16);
        return error == std::errc{} && stop == end;
    };
    ParsedJobId parsed;
    if (!number_of(text.substr(0, text.size() - 2), parsed.number) ||
        !number_of(text.substr(text.size() - 2), parsed.generation))
        return std::nullopt;
    return parsed;
}

}  // namespace adit::stratum::server
