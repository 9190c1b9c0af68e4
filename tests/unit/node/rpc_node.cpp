#include "tests/unit/node/rpc_node.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/spec_file.hpp"

namespace adit::node::test {

namespace fs = std::filesystem;

TempFolder::TempFolder()
{
    std::string path = (fs::temp_directory_path() / "adit-test-XXXXXX").string();
    ADIT_CHECK(mkdtemp(path.data()) != nullptr);
    path_ = path;
}

TempFolder::~TempFolder() { fs::remove_all(path_); }

void solve(const consensus::ChainSpec& spec, Block& block)
{
    const auto device = cpu::cpu_backend()->devices().at(0);
    const auto solver = *cpu::cpu_backend()->make_solver(
        device, solver::SolverOptions{spec.params, spec.personalization});
    const equihash::PowInput input = pow_input_of(block.header);
    for (u64 first = 0;; first += 8) {
        const auto report = solver->solve(input, {0, 8, first, 8}, {});
        ADIT_CHECK(report);
        for (const auto& found : report->found) {
            block.header.nonce = found.nonce;
            block.header.solution = found.solution.bytes;
            if (check_header(spec, block.header)) return;
        }
    }
}

Block mine(const consensus::ChainSpec& spec, const json::object& offered,
           const std::function<void(Block&)>& change)
{
    const auto text = [](const json::object& o, const char* key) {
        return *json::string_of(o, key);
    };
    Block block;
    block.header.version = static_cast<i32>(*json::integer_of(offered, "version"));
    block.header.prev = BlockHash(*hash_from_hex_reversed(text(offered, "previousblockhash")));
    block.header.time = static_cast<u32>(*json::integer_of(offered, "curtime"));
    block.header.bits =
        static_cast<u32>(std::stoul(std::string(text(offered, "bits")), nullptr, 16));
    const Bytes coinbase = *from_hex(text(*json::object_of(offered, "coinbasetxn"), "data"));
    block.transactions.push_back(*from_bytes<Transaction>(coinbase));
    const auto kept_root = block.header.merkle_root;
    if (change) change(block);
    if (block.header.merkle_root == kept_root)
        block.header.merkle_root = merkle_root_of(block.transactions).root;
    solve(spec, block);
    return block;
}

std::string hex_of(const Block& block) { return to_hex(to_bytes(block)); }

std::string keys_of(const json::object& o)
{
    std::vector<std::string> keys;
    for (const auto& member : o) keys.emplace_back(member.key());
    std::sort(keys.begin(), keys.end());
    std::string text;
    for (const std::string& key : keys) text += (text.empty() ? "" : " ") + key;
    return text;
}

std::string RpcNodeTest::address_of(u8 mark)
{
    Address address;
    address.hash.fill(mark);
    return to_text(address, consensus::find_spec("regtest")->prefixes);
}

app::NodeOptions RpcNodeTest::options() const
{
    app::NodeOptions options;
    options.chain = "regtest";
    options.data_dir = folder_.path().string();
    options.rpc_port = 0;
    options.rpc_user = "user";
    options.rpc_password = "pass";
    return options;
}

void RpcNodeTest::start(const std::string& address, const Clock* clock)
{
    node_.reset();
    app::NodeOptions wish = options();
    wish.address = address;
    auto config = read_options(wish);
    ASSERT_TRUE(config) << config.error().text;
    auto started = app::NodeApp::start(std::move(*config), {false, clock});
    ASSERT_TRUE(started) << started.error().text;
    node_ = std::move(*started);
}

json::value RpcNodeTest::ok(std::string_view method, const json::array& params) const
{
    auto answer = rpc::call(node_->rpc_address(), node_->rpc_credentials(), method, params);
    if (!answer) {
        ADD_FAILURE() << method << ": " << answer.error().text;
        return nullptr;
    }
    if (!*answer) {
        ADD_FAILURE() << method << ": " << answer->error().message;
        return nullptr;
    }
    return std::move(**answer);
}

json::object RpcNodeTest::object(std::string_view method, const json::array& params) const
{
    json::value v = ok(method, params);
    if (!v.is_object()) {
        ADD_FAILURE() << method << " gave no object";
        return {};
    }
    return std::move(v.get_object());
}

rpc::RpcError RpcNodeTest::error(std::string_view method, const json::array& params) const
{
    const auto answer = rpc::call(node_->rpc_address(), node_->rpc_credentials(), method, params);
    if (answer && !*answer) return answer->error();
    ADD_FAILURE() << method
                  << " gave no error: " << (answer ? json::to_text(**answer) : answer.error().text);
    return {};
}

std::string RpcNodeTest::said(std::string_view method, const json::array& params) const
{
    const auto answer = rpc::call(node_->rpc_address(), node_->rpc_credentials(), method, params);
    if (!answer) return "no answer: " + answer.error().text;
    if (*answer) return json::to_text(**answer);
    return std::to_string(static_cast<int>(answer->error().code)) + ": " + answer->error().message;
}

json::object RpcNodeTest::get_template(const json::object& request) const
{
    return object("getblocktemplate", {request});
}

void RpcNodeTest::mine_blocks(int count) const
{
    for (int i = 0; i < count; ++i)
        ASSERT_EQ(said("submitblock", {hex_of(mine(spec(), get_template()))}), "null");
}

}  // namespace adit::node::test
