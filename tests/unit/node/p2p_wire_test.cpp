#include "node/p2p/wire.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "node/p2p/messages.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node::p2p {
namespace {

const Magic kMagic{0x24, 0xe9, 0x27, 0x64};

Magic magic_of(const json::object& o)
{
    const Bytes bytes = test::hex(o, "magic");
    return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

TEST(P2pFrames, AreReadAndWrittenAsRecorded)
{
    const json::value vectors = test::load_vectors("p2p/frames.json");
    int frames = 0;
    for (const auto& entry : vectors.at("frames").as_array()) {
        const json::object& o = entry.as_object();
        const Bytes bytes = test::hex(o, "frame");
        FrameReader reader(magic_of(o), kPayloadBytesMax);
        reader.feed(bytes);
        const auto frame = reader.next();
        ASSERT_TRUE(frame && *frame) << test::text(o, "name");
        EXPECT_EQ((*frame)->command, test::text(o, "command"));
        const auto message = parse_message(**frame);
        ASSERT_TRUE(message) << test::text(o, "name") << ": " << to_string(message.error());
        EXPECT_FALSE(std::holds_alternative<Unknown>(*message)) << test::text(o, "name");
        EXPECT_EQ(write_message(magic_of(o), *message), bytes) << test::text(o, "name");
        EXPECT_EQ(reader.buffered_bytes(), 0u);
        ++frames;
    }
    EXPECT_EQ(frames, 22);
}

TEST(P2pFrames, TellTheSameHoweverTheBytesAreCut)
{
    Bytes stream = write_message(kMagic, Ping{7});
    append(stream, write_message(kMagic, Verack{}));
    append(stream, write_message(kMagic, Inv{{{1, {}}, {2, {}}}}));
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameReader reader(kMagic);
        std::string seen;
        for (const ByteView part : {ByteView(stream).first(cut), ByteView(stream).subspan(cut)}) {
            reader.feed(part);
            for (auto frame = reader.next(); frame && *frame; frame = reader.next())
                seen += (*frame)->command + " ";
        }
        EXPECT_EQ(seen, "ping verack inv ") << cut;
    }
}

TEST(P2pFrames, RefuseWhatIsNoFrame)
{
    const Bytes good = write_message(kMagic, Ping{7});
    struct Row {
        std::size_t at;
        u8 value;
        WireError error;
    };
    for (const Row& row : {Row{0, 0x25, WireError::wrong_magic}, Row{3, 0, WireError::wrong_magic},
                           Row{4, 0, WireError::bad_command}, Row{4, ' ', WireError::bad_command},
                           Row{15, 'x', WireError::bad_command}, Row{18, 1, WireError::oversize},
                           Row{19, 0xff, WireError::oversize}, Row{20, 0, WireError::bad_checksum},
                           Row{24, 8, WireError::bad_checksum}}) {
        Bytes bad = good;
        ASSERT_NE(bad[row.at], row.value);
        bad[row.at] = row.value;
        FrameReader reader(kMagic);
        reader.feed(bad);
        const auto frame = reader.next();
        ASSERT_FALSE(frame) << row.at;
        EXPECT_EQ(frame.error(), row.error) << row.at;
        reader.feed(good);
        EXPECT_FALSE(reader.next()) << "a spoiled stream stays spoiled";
        EXPECT_EQ(reader.buffered_bytes(), 0u);
    }
}

TEST(P2pFrames, KnowAForeignMagicFromItsFirstByte)
{
    FrameReader reader(kMagic);
    const Bytes hello{0x16};  // a TLS record
    reader.feed(hello);
    EXPECT_FALSE(reader.next());
}

TEST(P2pMessages, RefuseListsOverTheirLimits)
{
    struct Row {
        const char* command;
        std::size_t count_at;  ///< bytes before the count
        u32 limit;
    };
    for (const Row& row : {Row{"inv", 0, kInventoryMax}, Row{"getdata", 0, kInventoryMax},
                           Row{"addr", 0, kAddressesMax}, Row{"headers", 0, kHeadersMax},
                           Row{"bodies", 0, kBodiesMax}, Row{"getheaders", 4, kLocatorMax},
                           Row{"getblocks", 4, kLocatorMax}}) {
        Bytes payload(row.count_at);
        Writer count;
        count.compact_size(row.limit + 1);
        append(payload, count.take());
        const auto over = parse_message(Frame{row.command, payload});
        ASSERT_FALSE(over) << row.command;
        EXPECT_EQ(over.error(), MessageError::too_long) << row.command;
    }
}

TEST(P2pMessages, RefuseWhatIsMalformed)
{
    struct Row {
        const char* command;
        const char* payload;
    };
    for (const Row& row :
         {Row{"ping", "00"}, Row{"ping", "000000000000000000"}, Row{"verack", "00"},
          Row{"inv", "01"}, Row{"inv", "fd0100"}, Row{"headers", "01"}, Row{"block", ""},
          Row{"tx", "01000000"}, Row{"version", "1298020001"}, Row{"chainid", "00"},
          Row{"bodies", "01"}, Row{"getheaders", "00000000"}}) {
        const auto message = parse_message(Frame{row.command, *from_hex(row.payload)});
        ASSERT_FALSE(message) << row.command << " " << row.payload;
        EXPECT_EQ(message.error(), MessageError::malformed) << row.command;
    }
}

TEST(P2pMessages, LetUnknownCommandsPass)
{
    const auto message = parse_message(Frame{"sendcmpct", *from_hex("000100000000000000")});
    ASSERT_TRUE(message);
    EXPECT_EQ(std::get<Unknown>(*message).command, "sendcmpct");
}

TEST(P2pMessages, SurviveTheirOwnWriting)
{
    Version version;
    version.user_agent = "/adit:0.1.0/";
    version.nonce = 42;
    version.relay = false;
    version.me.port = 8233;
    Reject reject{"block", Reject::invalid, "high-hash", {}};
    reject.hash.bytes[3] = 9;
    Locator locator;
    locator.hashes.resize(3);
    BlockHeader header;
    header.solution = Bytes(36, 7);
    for (const Message& message : std::initializer_list<Message>{
             version, ChainId{reject.hash}, Addr{{TimedAddress{5, version.me}}},
             GetHeaders{locator}, Headers{{header, header}}, FeeFilter{1000}, reject, SendHeaders{},
             MempoolRequest{}, NotFound{{{2, reject.hash}}},
             Bodies{{{BlockHash(reject.hash), {Transaction{}}}, {BlockHash(), {}}}}}) {
        FrameReader reader(kMagic, kPayloadBytesMax);
        reader.feed(write_message(kMagic, message));
        const auto frame = reader.next();
        ASSERT_TRUE(frame && *frame) << command_of(message);
        const auto back = parse_message(**frame);
        ASSERT_TRUE(back) << command_of(message);
        EXPECT_EQ(*back, message) << command_of(message);
    }
}

}  // namespace
}  // namespace adit::node::p2p
