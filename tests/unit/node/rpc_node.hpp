#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "node/app/node_app.hpp"
#include "tests/support/http_probe.hpp"

/// A node of the regtest chain over a real loopback socket, and a hand that mines for it.
namespace adit::node::test {

/// A folder of its own that goes when the object goes.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Solves the block at its own bits: on regtest in some milliseconds.
void solve(const consensus::ChainSpec& spec, Block& block);

/// The block of a getblocktemplate answer with the coinbase it came with; `change` may spoil it
/// before its merkle root is set again and it is solved.
Block mine(const consensus::ChainSpec& spec, const json::object& offered,
           const std::function<void(Block&)>& change = {});

std::string hex_of(const Block& block);

class RpcNodeTest : public testing::Test {
protected:
    void SetUp() override { start(address_of(7)); }
    void TearDown() override { node_.reset(); }

    /// Starts (or starts again) on the test's folder; no address: an empty text.
    void start(const std::string& address, const Clock* clock = nullptr);
    app::NodeOptions options() const;

    /// A made-up pay-to-pubkey-hash address of regtest.
    static std::string address_of(u8 mark);

    /// The result; an error fails the test and gives null.
    json::value ok(std::string_view method, const json::array& params = {}) const;
    json::object object(std::string_view method, const json::array& params = {}) const;
    /// The error; a result fails the test.
    rpc::RpcError error(std::string_view method, const json::array& params = {}) const;
    /// "7: text" of an error, or the result as one line.
    std::string said(std::string_view method, const json::array& params = {}) const;

    json::object get_template(const json::object& request = {}) const;
    /// Mines and submits `count` blocks.
    void mine_blocks(int count) const;

    const consensus::ChainSpec& spec() const { return node_->spec(); }
    test::TempFolder folder_;
    std::unique_ptr<app::NodeApp> node_;
};

/// The keys of an object, sorted, with spaces between.
std::string keys_of(const json::object& o);

}  // namespace adit::node::test
