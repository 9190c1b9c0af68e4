// Boost.Beast (HTTP and WebSocket), compiled here and nowhere else.
#include <boost/beast/src.hpp>
