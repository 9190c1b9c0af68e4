#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

/// How coroutines take errors from Asio: as values, never thrown.
namespace adit {

/// Awaited, an operation gives its error and its results as a tuple.
inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Awaited, an operation gives its result alone, and its error here.
inline auto with(boost::system::error_code& error)
{
    return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

}  // namespace adit
