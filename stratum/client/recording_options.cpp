#include "stratum/client/recording_options.hpp"

#include <array>

namespace adit::stratum::client {
namespace {

constexpr i64 kFormat = 1;

/// Every time and number that steers a client, by name. Times travel in milliseconds.
struct Times {
    const char* name;
    Duration& value;
};
struct Numbers {
    const char* name;
    int& value;
};

std::array<Times, 13> times_of(ClientOptions& o)
{
    return {{{"login_max", o.limits.login_max},
             {"first_job_max", o.limits.first_job_max},
             {"silence_max", o.limits.silence_max},
             {"job_age_max", o.limits.job_age_max},
             {"answer_max", o.limits.answer_max},
             {"backoff_min", o.failover.backoff_min},
             {"backoff_max", o.failover.backoff_max},
             {"return_to_main", o.failover.return_to_main},
             {"move_window", o.failover.move_window},
             {"max_latency", o.max_latency},
             {"dial_max", o.dial_max},
             {"dead_work_grace", o.dead_work_grace},
             {"share_wait_max", o.share_wait_max}}};
}

std::array<Numbers, 5> numbers_of(ClientOptions& o)
{
    return {{{"bad_lines_in_a_row_max", o.limits.bad_lines_in_a_row_max},
             {"rejects_in_a_row_max", o.limits.rejects_in_a_row_max},
             {"unanswered_in_a_row_max", o.limits.unanswered_in_a_row_max},
             {"tries_before_next", o.failover.tries_before_next},
             {"moves_max", o.failover.moves_max}}};
}

json::object describe_pool(const PoolUrl& url)
{
    json::object pool;
    pool["url"] = to_string(url);
    pool["user"] = url.user;
    pool["xnsub"] = url.subscribe_extranonce;
    return pool;
}

}  // namespace

json::object describe_options(const ClientOptions& options, u64 seed)
{
    ClientOptions copy = options;
    json::object line;
    line["adit_recording"] = kFormat;
    line["agent"] = options.agent;
    line["seed"] = std::to_string(seed);
    json::array pools;
    for (const PoolUrl& url : options.pools) pools.push_back(describe_pool(url));
    line["pools"] = std::move(pools);
    if (options.algorithm.params) line["algo"] = equihash::to_string(*options.algorithm.params);
    if (options.algorithm.personalization) {
        const std::string_view tag = options.algorithm.personalization->text();
        line["pers"] = boost::json::string_view(tag.data(), tag.size());
    }
    if (options.suggest_target) line["suggest_target"] = options.suggest_target->to_hex();
    line["tries_max"] = options.tries_max;
    for (const Times& time : times_of(copy))
        line[time.name] = std::chrono::duration_cast<std::chrono::milliseconds>(time.value).count();
    for (const Numbers& number : numbers_of(copy)) line[number.name] = number.value;
    return line;
}

Result<RecordedOptions, RecordingError> read_options(const json::object& line)
{
    if (json::integer_of(line, "adit_recording") != kFormat)
        return RecordingError{"is not the head of an adit recording of format 1"};
    RecordedOptions out;
    ClientOptions& options = out.options;
    options.agent = json::string_of(line, "agent").value_or("");
    out.seed = std::strtoull(std::string(json::string_of(line, "seed").value_or("0")).c_str(),
                             nullptr, 10);
    const json::array* pools = json::array_of(line, "pools");
    if (pools == nullptr || pools->empty()) return RecordingError{"names no pools"};
    for (const json::value& entry : *pools) {
        const json::object* pool = entry.if_object();
        if (pool == nullptr) return RecordingError{"names a pool that is no object"};
        auto url = parse_pool_url(json::string_of(*pool, "url").value_or(""));
        if (!url) return RecordingError{url.error().text};
        url->user = json::string_of(*pool, "user").value_or("");
        url->password = kHiddenPassword;
        url->subscribe_extranonce = json::bool_of(*pool, "xnsub").value_or(false);
        options.pools.push_back(std::move(*url));
    }
    if (const auto algo = json::string_of(line, "algo"))
        options.algorithm.params = equihash::parse_params(*algo);
    if (const auto pers = json::string_of(line, "pers"))
        options.algorithm.personalization = equihash::Personalization::from_text(*pers);
    if (const auto target = json::string_of(line, "suggest_target"))
        options.suggest_target = U256::from_hex(*target);
    options.tries_max = static_cast<u32>(json::integer_of(line, "tries_max").value_or(0));
    for (const Times& time : times_of(options))
        if (const auto ms = json::integer_of(line, time.name))
            time.value = std::chrono::milliseconds(*ms);
    for (const Numbers& number : numbers_of(options))
        if (const auto n = json::integer_of(line, number.name)) number.value = static_cast<int>(*n);
    return out;
}

}  // namespace adit::stratum::client
