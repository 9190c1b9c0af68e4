// Two nodes in one process over real sockets and TLS: for the thread sanitizer above all.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/node/rpc_node.hpp"

namespace adit::node::test {
namespace {

using namespace std::chrono_literals;

/// Connects, says a little, leaves.
void knock(u16 port, std::string_view words)
{
    const int knocker = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(knocker, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
        !words.empty())
        static_cast<void>(::send(knocker, words.data(), words.size(), MSG_NOSIGNAL));
    ::close(knocker);
}

class TwoNodes : public RpcNodeTest {
protected:
    void SetUp() override
    {
        app::PeerOptions listening;
        listening.listen = "127.0.0.1:0";
        node_ = start_node(folder_.path(), listening);
        ASSERT_NE(node_->peer_port(), 0);
        other_ = start_other();
    }

    std::unique_ptr<app::NodeApp> start_node(const std::filesystem::path& folder,
                                             const app::PeerOptions& peers) const
    {
        app::NodeOptions wish = options();
        wish.data_dir = folder.string();
        wish.address = address_of(7);
        wish.peers = peers;
        auto config = read_options(wish);
        ADIT_CHECK(config);
        auto started = app::NodeApp::start(std::move(*config), {.always_peers = true});
        ADIT_CHECK(started);
        return std::move(*started);
    }
    std::unique_ptr<app::NodeApp> start_other() const
    {
        app::PeerOptions peers;
        peers.no_listen = true;
        peers.connect = {"127.0.0.1:" + std::to_string(node_->peer_port())};
        return start_node(other_folder_.path(), peers);
    }
    bool other_reaches(u32 height) const
    {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (other_->tip().block->height.value != height) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(20ms);
        }
        return true;
    }

    TempFolder other_folder_;
    std::unique_ptr<app::NodeApp> other_;
};

TEST_F(TwoNodes, AgreeWhileStrangersComeAndGo)
{
    mine_blocks(3);
    EXPECT_TRUE(other_reaches(3));
    const json::value peers = ok("getpeerinfo");
    ASSERT_EQ(peers.as_array().size(), 1u);
    EXPECT_TRUE(peers.at(0).at("tls").as_bool());

    std::jthread strangers([port = node_->peer_port()](const std::stop_token& stop) {
        while (!stop.stop_requested())
            for (const std::string_view words : {"", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n"})
                knock(port, words);
    });
    mine_blocks(3);
    EXPECT_TRUE(other_reaches(6));
    // Gone in the middle of things, and back.
    other_->stop();
    mine_blocks(2);
    other_.reset();
    other_ = start_other();
    EXPECT_TRUE(other_reaches(8));
    const auto start = std::chrono::steady_clock::now();
    node_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

}  // namespace
}  // namespace adit::node::test
