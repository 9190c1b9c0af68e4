#include "node/wallet/unlocker.hpp"

namespace adit::node::wallet {

void Unlocker::stop()
{
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

bool Unlocker::start(KeyFile file, SecretBytes passphrase, Done done)
{
    {
        const std::scoped_lock lock(mutex_);
        if (busy_) return false;
        busy_ = true;
    }
    thread_ = std::jthread([this, file = std::move(file), passphrase = std::move(passphrase),
                            done = std::move(done)](std::stop_token stop) {
        work(std::move(stop), file, passphrase, done);
    });
    return true;
}

void Unlocker::work(std::stop_token stop, const KeyFile& file, const SecretBytes& passphrase,
                    const Done& done)
{
    const auto answer_at = std::chrono::steady_clock::now() + kWrongPassphraseDelay;
    auto outcome = std::make_shared<Result<Secrets, KeyFileError>>(unseal(file, passphrase));
    std::unique_lock lock(mutex_);
    if (!*outcome) stopped_.wait_until(lock, std::move(stop), answer_at, [] { return false; });
    busy_ = false;
    lock.unlock();
    post_([done, outcome] { done(outcome); });
}

}  // namespace adit::node::wallet
