#pragma once

#include <filesystem>
#include <optional>

#include "node/app/node_config.hpp"
#include "node/rpc/client.hpp"

namespace adit::node::app {

/// One chain's folder, held by one process as long as the object lives. Inside: `chain/` (the
/// store), `.cookie`, `node.lock` (who holds it, and where its RPC is), `mining.key`.
class DataFolder {
public:
    /// Makes what is missing (mode 0700). The error names the process that holds it, or what the
    /// file system says.
    static Result<DataFolder, AppError> open(const std::filesystem::path& folder);
    DataFolder(DataFolder&& other) noexcept;
    DataFolder& operator=(DataFolder&&) = delete;
    ~DataFolder();  ///< lets go; takes the cookie along

    const std::filesystem::path& path() const { return folder_; }
    std::filesystem::path store() const { return folder_ / "chain"; }
    std::filesystem::path cookie() const;
    std::filesystem::path key() const { return folder_ / "mining.key"; }

    /// Tells other processes where this node's RPC is.
    void announce(const rpc::NodeAddress& rpc) const;

private:
    DataFolder(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

    std::filesystem::path folder_;
    int lock_ = -1;
};

/// A node that holds a folder.
struct RunningNode {
    i64 pid = 0;
    rpc::NodeAddress rpc;  ///< port 0: it has not said yet
};
/// nullopt when nobody holds the folder.
std::optional<RunningNode> running_node(const std::filesystem::path& folder);

/// Bytes of all files below `folder`.
u64 bytes_below(const std::filesystem::path& folder);

/// The process that listens on this TCP port, as "1234 (zend)"; empty when it cannot be told.
std::string port_holder(u16 port);

}  // namespace adit::node::app
