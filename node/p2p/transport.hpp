#pragma once

#include "kernels/base/bytes.hpp"
#include "node/p2p/endpoint.hpp"

namespace adit::node::p2p {

/// Names one connection; never used twice by one node.
using PeerId = u64;

/// What carries the bytes: sockets, or the simulator. Calls return at once; the outcome comes back
/// through Network's on_… calls, never from inside one of these.
class Transport {
public:
    virtual ~Transport() = default;
    /// Opens a connection that will be called `id`; on_dialled or on_dial_failed follows.
    virtual void dial(PeerId id, const Endpoint& to) = 0;
    /// Queues bytes; on_written tells when they have left.
    virtual void write(PeerId id, Bytes bytes) = 0;
    /// Ends it once what is queued has been written; no on_closed follows.
    virtual void close(PeerId id) = 0;
    /// Ends it at once; what is queued is dropped. No on_closed follows.
    virtual void abort(PeerId id) = 0;
};

}  // namespace adit::node::p2p
