#include "node/rpc/dispatcher.hpp"

namespace adit::node::rpc {

/// A body on its way.
struct Dispatcher::Task {
    RpcBody body;
    std::stop_token gone;
    Done done;
    std::size_t next = 0;  ///< entry to run
    json::array answers;   ///< of a batch
};

Dispatcher::Dispatcher(const MethodTable& methods, Post post_to_chain, std::size_t work_queue_max)
    : methods_(methods), post_to_chain_(std::move(post_to_chain)), work_queue_max_(work_queue_max)
{}

void Dispatcher::answer(std::string_view body, std::stop_token gone, Done done)
{
    auto read = read_body(body);
    if (!read) return done(single_answer(nullptr, read.error()));
    if (read->entries.empty()) return done({200, "[]\n"});
    if (queued_ >= work_queue_max_)
        return done({503, "Work queue depth exceeded: ask again later\n"});

    auto task = std::make_shared<Task>();
    task->body = std::move(*read);
    task->gone = std::move(gone);
    task->done = std::move(done);
    post(std::move(task));
}

void Dispatcher::post(std::shared_ptr<Task> task)
{
    ++queued_;
    post_to_chain_([this, task = std::move(task)]() mutable {
        --queued_;
        run_next(std::move(task));
    });
}

void Dispatcher::run_next(std::shared_ptr<Task> task)
{
    RpcEntry& entry = task->body.entries[task->next];
    Reply reply = [this, task](RpcResult result) {
        json::value& id = task->body.entries[task->next].request.id;
        if (!task->body.batch) return task->done(single_answer(std::move(id), std::move(result)));
        task->answers.emplace_back(envelope(std::move(id), std::move(result)));
        if (++task->next < task->body.entries.size()) return post(task);
        task->done({200, json::to_text(task->answers) + '\n'});
    };
    if (entry.error) return reply(*entry.error);
    methods_.call(entry.request, task->gone, std::move(reply));
}

}  // namespace adit::node::rpc
