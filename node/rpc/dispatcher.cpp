#include "node/rpc/dispatcher.hpp"

namespace adit::node::rpc {

/// A body on its way.
struct Dispatcher::Task {
    RpcBody body;
    std::stop_token gone;
    Done done;
    std::size_t next = 0;  ///< entry to run
    std::string answers;   ///< of a batch, so far
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
    const RpcEntry& entry = task->body.entries[task->next];
    if (entry.error) return take(task, *entry.error);
    if (task->answers.size() > kBatchAnswerBytesMax)
        return take(task, RpcError{RpcCode::out_of_memory,
                                   "the batch's answers are too long: ask in smaller batches"});
    methods_.call(entry.request, task->gone,
                  [this, task](RpcResult result) { take(task, std::move(result)); });
}

/// The outcome of the task's current call.
void Dispatcher::take(const std::shared_ptr<Task>& task, RpcResult result)
{
    json::value id = std::move(task->body.entries[task->next].request.id);
    if (!task->body.batch) return task->done(single_answer(std::move(id), std::move(result)));
    task->answers += task->next == 0 ? '[' : ',';
    task->answers += json::to_text(envelope(std::move(id), std::move(result)));
    if (++task->next < task->body.entries.size()) return post(task);
    task->answers += "]\n";
    task->done({200, std::move(task->answers)});
}

}  // namespace adit::node::rpc
