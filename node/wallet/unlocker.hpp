#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "node/wallet/key_file.hpp"

namespace adit::node::wallet {

/// A wrong passphrase is answered this long after it was tried, however it is wrong.
inline constexpr std::chrono::milliseconds kWrongPassphraseDelay{1'500};

/// Tries passphrases on a thread of its own, one at a time. `start` and `stop` are for one thread.
class Unlocker {
public:
    using Outcome = std::shared_ptr<Result<Secrets, KeyFileError>>;  ///< never null
    using Done = std::function<void(Outcome)>;

    /// @param post  hands `Done` on to the thread that wants it; any thread
    explicit Unlocker(std::function<void(std::function<void()>)> post) : post_(std::move(post)) {}
    /// Ends the delay; waits for scrypt.
    ~Unlocker() { stop(); }
    void stop();

    /// @return false: another one is being tried
    bool start(KeyFile file, SecretBytes passphrase, Done done);

private:
    void work(std::stop_token stop, const KeyFile& file, const SecretBytes& passphrase,
              const Done& done);

    std::function<void(std::function<void()>)> post_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    bool busy_ = false;
    std::jthread thread_;
};

}  // namespace adit::node::wallet
