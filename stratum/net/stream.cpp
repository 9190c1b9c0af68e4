#include "stratum/net/stream.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "kernels/asio/awaited.hpp"
#include "kernels/base/hex.hpp"

namespace adit::stratum::net {
namespace {

namespace ssl = asio::ssl;
using asio::ip::tcp;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kTlsReadBytes = 4 * 1024;

// ── plain ───────────────────────────────────────────────────────────────────────────────────────

class PlainStream final : public Stream {
public:
    explicit PlainStream(tcp::socket socket) : socket_(std::move(socket))
    {
        ErrorCode ignored;
        socket_.non_blocking(true, ignored);
    }

    asio::awaitable<std::string_view> read(ErrorCode& error) override
    {
        // One buffer a thread: the bytes are used before the next connection reads.
        static thread_local std::array<char, kReadBytes> buffer;
        for (;;) {
            co_await socket_.async_wait(tcp::socket::wait_read, with(error));
            if (error) co_return std::string_view();
            const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
            if (error == asio::error::would_block) continue;
            co_return std::string_view(buffer.data(), error ? 0 : size);
        }
    }
    asio::awaitable<void> write(std::string_view bytes, ErrorCode& error) override
    {
        co_await asio::async_write(socket_, asio::buffer(bytes), with(error));
    }
    std::size_t write_now(std::string_view bytes) override
    {
        ErrorCode error;
        const std::size_t size = socket_.write_some(asio::buffer(bytes), error);
        return error ? 0 : size;
    }
    asio::awaitable<void> finish() override
    {
        ErrorCode ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
    }
    void close() override
    {
        ErrorCode ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

// ── TLS ─────────────────────────────────────────────────────────────────────────────────────────

class TlsStream final : public Stream {
public:
    TlsStream(tcp::socket socket, std::shared_ptr<ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_)
    {}
    TlsStream(tcp::socket socket, ssl::context& context) : stream_(std::move(socket), context) {}

    ssl::stream<tcp::socket>& stream() { return stream_; }

    asio::awaitable<std::string_view> read(ErrorCode& error) override
    {
        const std::size_t size =
            co_await stream_.async_read_some(asio::buffer(buffer_), with(error));
        // A peer that goes without goodbye has gone all the same.
        co_return std::string_view(buffer_.data(), error ? 0 : size);
    }
    asio::awaitable<void> write(std::string_view bytes, ErrorCode& error) override
    {
        co_await asio::async_write(stream_, asio::buffer(bytes), with(error));
    }
    std::size_t write_now(std::string_view) override { return 0; }
    asio::awaitable<void> finish() override
    {
        ErrorCode ignored;
        co_await stream_.async_shutdown(with(ignored));
    }
    void close() override
    {
        ErrorCode ignored;
        stream_.next_layer().close(ignored);
    }

private:
    std::shared_ptr<ssl::context> context_;  ///< a client's own
    ssl::stream<tcp::socket> stream_;
    std::array<char, kTlsReadBytes> buffer_;
};

/// What the verification saw of the certificate, for the words of a failure.
struct Seen {
    std::optional<Hash256> fingerprint;
    int error = X509_V_OK;
};

bool look(bool fine, X509_STORE_CTX* store, Seen& seen)
{
    if (X509_STORE_CTX_get_error_depth(store) == 0) {
        Hash256 digest;
        unsigned size = 0;
        X509_digest(X509_STORE_CTX_get_current_cert(store), EVP_sha256(), digest.bytes.data(),
                    &size);
        seen.fingerprint = digest;
    }
    if (!fine) seen.error = X509_STORE_CTX_get_error(store);
    return fine;
}

void set_trust(ssl::stream<tcp::socket>& stream, const TlsSettings& settings,
               const std::string& host, Seen& seen)
{
    ErrorCode ignored;
    switch (settings.trust) {
        case TlsSettings::Trust::nobody: stream.set_verify_mode(ssl::verify_none, ignored); return;
        case TlsSettings::Trust::pinned:
            stream.set_verify_mode(ssl::verify_peer, ignored);
            stream.set_verify_callback(
                [&seen, pin = settings.fingerprint](bool, ssl::verify_context& context) {
                    X509_STORE_CTX* store = context.native_handle();
                    (void)look(true, store, seen);
                    return X509_STORE_CTX_get_error_depth(store) > 0 || seen.fingerprint == pin;
                },
                ignored);
            return;
        case TlsSettings::Trust::verify:
            stream.set_verify_mode(ssl::verify_peer, ignored);
            stream.set_verify_callback(
                [&seen, names = ssl::host_name_verification(host)](bool fine,
                                                                   ssl::verify_context& context) {
                    (void)look(fine, context.native_handle(), seen);
                    if (!fine) return false;
                    if (names(fine, context)) return true;
                    seen.error = X509_V_ERR_HOSTNAME_MISMATCH;
                    return false;
                },
                ignored);
    }
}

std::string words_of(const ErrorCode& error, const Seen& seen, const TlsSettings& settings,
                     const std::string& host)
{
    if (settings.trust == TlsSettings::Trust::pinned && seen.fingerprint &&
        *seen.fingerprint != settings.fingerprint)
        return "TLS: the certificate's fingerprint is " + to_hex(seen.fingerprint->view()) +
               ", not the one of --tls-fingerprint: somebody sits between, or the pool has a new "
               "certificate";
    if (seen.error != X509_V_OK) {
        std::string why = X509_verify_cert_error_string(seen.error);
        if (seen.error == X509_V_ERR_HOSTNAME_MISMATCH) why = "it is not made out to " + host;
        return "TLS: the certificate does not pass (" + why +
               "); if it is the pool's all the same, add --tls-fingerprint " +
               (seen.fingerprint ? to_hex(seen.fingerprint->view()) : "…");
    }
    if (error.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER)
        return "this port does not speak TLS; write stratum+tcp:// in place of stratum+ssl://";
    if (error == asio::error::eof || error == asio::error::connection_reset ||
        error == ssl::error::stream_truncated)
        return "the pool hung up during the TLS handshake; if its port is plain, write "
               "stratum+tcp://";
    return "TLS: " + error.message();
}

std::shared_ptr<ssl::context> client_context(const TlsSettings& settings, ErrorCode& error)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    context->set_options(
        ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
        error);
    if (settings.ca_file.empty())
        context->set_default_verify_paths(error);
    else
        context->load_verify_file(settings.ca_file, error);
    return context;
}

}  // namespace

std::unique_ptr<Stream> make_plain_stream(tcp::socket socket)
{
    return std::make_unique<PlainStream>(std::move(socket));
}

asio::awaitable<std::unique_ptr<Stream>> make_tls_client(tcp::socket socket,
                                                         const TlsSettings& settings,
                                                         std::string_view host, ErrorCode& error,
                                                         std::string& why)
{
    const std::string name = settings.sni.empty() ? std::string(host) : settings.sni;
    auto context = client_context(settings, error);
    if (error) {
        why =
            "TLS: " + (settings.ca_file.empty() ? "the system's certificates" : settings.ca_file) +
            " cannot be read (" + error.message() + ")";
        co_return nullptr;
    }
    auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
    ErrorCode is_name;
    (void)asio::ip::make_address(name, is_name);
    if (is_name) SSL_set_tlsext_host_name(stream->stream().native_handle(), name.c_str());
    Seen seen;
    set_trust(stream->stream(), settings, name, seen);
    co_await stream->stream().async_handshake(ssl::stream_base::client, with(error));
    if (error) {
        why = words_of(error, seen, settings, name);
        co_return nullptr;
    }
    ErrorCode ignored;  // `seen` ends here; the handshake was the only time it was needed
    stream->stream().set_verify_callback([](bool fine, ssl::verify_context&) { return fine; },
                                         ignored);
    co_return stream;
}

asio::awaitable<std::unique_ptr<Stream>> make_tls_server(tcp::socket socket,
                                                         const TlsServerContext& context,
                                                         ErrorCode& error)
{
    auto stream = std::make_unique<TlsStream>(std::move(socket), context.context());
    co_await stream->stream().async_handshake(ssl::stream_base::server, with(error));
    if (error) co_return nullptr;
    co_return stream;
}

void prepare_socket(tcp::socket& socket)
{
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
    using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
    using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
    socket.set_option(Idle(60), ignored);
    socket.set_option(Interval(15), ignored);
    socket.set_option(Count(4), ignored);
}

}  // namespace adit::stratum::net
