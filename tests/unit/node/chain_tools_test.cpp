#include "node/chain_tools/chain_tools.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "kernels/base/random.hpp"
#include "node/chain_tools/live_chains.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/subsidy.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/book_solver.hpp"

namespace adit::node::chain_tools {
namespace {

namespace fs = std::filesystem;
using consensus::ChainSpec;
using consensus::find_draft;
using testing::HasSubstr;

std::string contents_of(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The same bytes in every run.
crypto::RandomBytes seeded(u64 seed)
{
    return [random = std::make_shared<Random>(seed)](MutableByteView bytes) {
        for (u8& byte : bytes) byte = static_cast<u8>(random->next());
    };
}

class ChainTools : public testing::Test {
protected:
    ChainTools()
    {
        std::string pattern = testing::TempDir() + "adit_chain_tools_XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        request_.preset = "regtest";
        request_.name = "OAK";
        request_.spec_file = (folder_ / "oak.toml").string();
        request_.key_file = (folder_ / "oak.keys").string();
        request_.now = 1'800'000'000;
    }
    ~ChainTools() override { fs::remove_all(folder_); }

    Result<NewChain, ToolError> make() { return make_chain(request_, seeded(1), solver_, {}); }
    std::string refusal()
    {
        const auto made = make();
        return made ? "made" : made.error().text;
    }
    /// main as it is, but on tiny (48,5) and with an easy limit: a template one can fill in a test.
    std::string tiny_template()
    {
        ChainSpec spec = find_draft("main")->spec;
        const ChainSpec easy = find_draft("regtest")->spec;
        spec.params = easy.params;
        spec.difficulty.limit = easy.difficulty.limit;
        spec.difficulty.limit_bits = easy.difficulty.limit_bits;
        spec.minimum_chain_work = U256(1) << 70;  // of the old chain's history
        const std::string path = (folder_ / "tiny.toml").string();
        std::ofstream(path) << consensus::to_toml(spec);
        return path;
    }

    fs::path folder_;
    NewChainRequest request_;
    test::BookSolver solver_{equihash::Params{48, 5}};
};

TEST_F(ChainTools, FillATemplate)
{
    request_.preset = tiny_template();
    ASSERT_FALSE(consensus::find_spec(request_.preset)) << "no chain yet";
    const auto made = make();
    ASSERT_TRUE(made) << made.error().text;
    const auto spec = consensus::find_spec(request_.spec_file);
    ASSERT_TRUE(spec) << spec.error().text();
    EXPECT_EQ(*spec, made->spec);
    EXPECT_EQ(spec->name, "OAK");
    EXPECT_FALSE(spec->published_keys);
    EXPECT_TRUE(spec->minimum_chain_work.is_zero()) << "it has no history yet";
    EXPECT_EQ(spec->genesis.header.time, 1'800'000'000u);
    EXPECT_TRUE(check_header(*spec, spec->genesis.header));
    EXPECT_THAT(std::string(as_text(spec->genesis.transactions[0].inputs[0].script_sig)),
                HasSubstr("OAK, 2027-01-15 08:00 UTC"));
    EXPECT_EQ(spec->subsidy, find_draft("main")->spec.subsidy) << "the rest is the template's";
    EXPECT_THAT(made->report, HasSubstr(id_text(*spec)));
    EXPECT_THAT(made->report, HasSubstr(request_.key_file));
}

TEST_F(ChainTools, TheKeyFileHoldsTheRolesKeysForItsOwnerAlone)
{
    const auto made = make();
    ASSERT_TRUE(made) << made.error().text;
    struct ::stat status {};
    ASSERT_EQ(::stat(request_.key_file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);

    std::istringstream lines(contents_of(request_.key_file));
    std::string line;
    std::size_t keys = 0;
    while (std::getline(lines, line)) {
        if (line.starts_with("#")) continue;
        std::istringstream words(line);
        std::string role, address, wif;
        words >> role >> address >> wif;
        const auto key = crypto::SecretKey::from_wif(wif, made->spec.prefixes.secret_key);
        ASSERT_TRUE(key) << line;
        const Address paid{Address::Kind::pubkey_hash, key->public_key().hash()};
        EXPECT_EQ(to_text(paid, made->spec.prefixes), address);
        const auto& payee = made->spec.reward_eras.at(0).payees.at(keys++);
        EXPECT_EQ(to_string(payee.role), role);
        EXPECT_EQ(payee.addresses, std::vector<std::string>{address});
        EXPECT_EQ(payee.scripts, std::vector<Script>{script::pay_to(paid)});
        EXPECT_EQ(made->report.find(wif), std::string::npos) << "the console sees no secret";
        EXPECT_EQ(made->spec_toml.find(wif), std::string::npos) << "nor does the spec";
    }
    EXPECT_EQ(keys, 3u);
}

TEST_F(ChainTools, NoTwoNewChainsMeet)
{
    const auto one = plan_chain(request_, seeded(1), solver_, {});
    const auto two = plan_chain(request_, seeded(2), solver_, {});
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->spec.magic, two->spec.magic);
    EXPECT_NE(one->spec.p2p_port, two->spec.p2p_port);
    EXPECT_NE(id_text(one->spec), id_text(two->spec)) << "other role keys";
    for (const auto& made : {one, two}) {
        EXPECT_FALSE(chain_with_magic(made->spec.magic));
        for (const u8 byte : made->spec.magic) EXPECT_GE(byte, 0x80);
    }
    EXPECT_FALSE(fs::exists(request_.spec_file)) << "planning touches no files";
}

TEST_F(ChainTools, NothingThatIsThereIsOverwritten)
{
    std::ofstream(request_.spec_file) << "mine";
    EXPECT_EQ(refusal(),
              request_.spec_file + " exists already; choose another name or move it away");
    EXPECT_EQ(contents_of(request_.spec_file), "mine");
    EXPECT_FALSE(fs::exists(request_.key_file));
    fs::rename(request_.spec_file, request_.key_file);
    EXPECT_EQ(refusal(),
              request_.key_file + " exists already; choose another name or move it away");
    fs::remove(request_.key_file);
    request_.key_file = request_.spec_file;
    EXPECT_EQ(refusal(), "the spec and the keys need a file each");
}

TEST_F(ChainTools, AFileThatCannotBeWrittenLeavesNothingBehind)
{
    request_.spec_file = (folder_ / "nowhere" / "oak.toml").string();
    EXPECT_EQ(refusal(), "cannot write " + request_.spec_file + ": No such file or directory");
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ChainTools, SayWhatIsWrongWithARequest)
{
    request_.name = "two words";
    EXPECT_THAT(refusal(), HasSubstr("the name \"two words\" must be 1 … 32 letters"));
    request_.name = "OAK";
    request_.preset = "mian";
    EXPECT_THAT(refusal(), HasSubstr("did you mean `main`?"));
    request_.preset = "regtest";
    request_.message = std::string(76, 'x');
    EXPECT_THAT(refusal(), HasSubstr("has 76 bytes, at most 75 fit"));
    request_.message.clear();
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = make_chain(request_, seeded(1), solver_, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_THAT(stopped.error().text, HasSubstr("nothing was written"));
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ChainTools, CheckSaysOkWithTheIdOrWhatIsWrong)
{
    const auto good = check_chain("regtest");
    EXPECT_TRUE(good.ok);
    EXPECT_THAT(good.text, HasSubstr("OK: regtest is a chain, id 25b6d36e"));
    EXPECT_THAT(good.text, HasSubstr("published"));
    const auto lacking = check_chain("main");
    EXPECT_FALSE(lacking.ok);
    EXPECT_THAT(lacking.text, HasSubstr("it lacks the address of treasury"));

    const auto zend = check_chain(std::string(ADIT_TEST_SPECS_DIR) + "/zend-regtest.toml");
    EXPECT_TRUE(zend.ok) << zend.text;
    EXPECT_THAT(zend.text, HasSubstr("its magic is that of Horizen regtest"));
    EXPECT_THAT(zend.text, HasSubstr("its address prefix 2098 is that of Horizen test"));
    EXPECT_THAT(zend.text, HasSubstr("zend's rule"));

    ChainSpec spec = consensus::find_draft("regtest")->spec;
    spec.genesis.header.solution.clear();
    const std::string path = (folder_ / "given.toml").string();
    std::ofstream(path) << consensus::to_toml(spec);
    const auto given = check_chain(path);
    EXPECT_TRUE(given.ok);
    EXPECT_THAT(given.text, HasSubstr("(invalid-solution); it is taken as given"));
}

TEST_F(ChainTools, ShowTellsIdFieldsAndSplit)
{
    const auto text = show_chain("regtest", Height(1));
    ASSERT_TRUE(text) << text.error().text;
    const ChainSpec spec = find_draft("regtest")->spec;
    EXPECT_THAT(*text, HasSubstr("id      " + id_text(spec)));
    EXPECT_THAT(*text, HasSubstr("2026-11-21 00:00:00 UTC"));
    EXPECT_THAT(*text, HasSubstr("subsidy at height 1: 12.50000000"));
    EXPECT_THAT(*text, HasSubstr("miner             7.50000000  60.00 %"));
    EXPECT_THAT(*text, HasSubstr("treasury          2.50000000  20.00 %  Rd"));
    EXPECT_THAT(*text, HasSubstr("network.magic                     ad17c6f2"));
    EXPECT_THAT(*text, HasSubstr("(Rd"));
    // Every line of the canonical form is there.
    std::istringstream lines(consensus::canonical_text(spec));
    for (std::string line; std::getline(lines, line);)
        EXPECT_THAT(*text, HasSubstr(line.substr(0, line.find('=')) + " "));

    EXPECT_THAT(*show_chain("regtest", Height(2000)), HasSubstr("height 2000: 6.25000000"));
    const auto main = show_chain("main", Height(1));
    ASSERT_TRUE(main);
    EXPECT_THAT(*main, HasSubstr("missing: a genesis block"));
    EXPECT_EQ(main->find("genesis.hash"), std::string::npos);
    EXPECT_FALSE(show_chain("nosuch", Height(1)));
}

}  // namespace
}  // namespace adit::node::chain_tools
