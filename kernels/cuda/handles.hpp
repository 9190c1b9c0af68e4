#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "kernels/base/bytes.hpp"

// The runtime's things as values that clean up after themselves.
namespace adit::cuda {

/// Calls one after the other until one fails: `steps(cudaMalloc, &p, n)`. The first error stays.
class Steps {
public:
    template <class Function, class... Arguments>
    bool operator()(Function function, Arguments... arguments)
    {
        if (error_ == cudaSuccess) error_ = function(arguments...);
        return error_ == cudaSuccess;
    }
    cudaError_t error() const { return error_; }
    bool good() const { return error_ == cudaSuccess; }

private:
    cudaError_t error_ = cudaSuccess;
};

template <class Handle, cudaError_t (*Destroy)(Handle)>
class Owned {
public:
    Owned() = default;
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned()
    {
        if (handle_ != nullptr) static_cast<void>(Destroy(handle_));
    }
    Handle get() const { return handle_; }
    Handle* out() { return &handle_; }  ///< for calls that make one; only while empty

private:
    Handle handle_ = nullptr;
};

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using Event = Owned<cudaEvent_t, cudaEventDestroy>;
using GraphExec = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;
using Graph = Owned<cudaGraph_t, cudaGraphDestroy>;
using DeviceMemory = Owned<void*, cudaFree>;
using PinnedMemory = Owned<void*, cudaFreeHost>;

}  // namespace adit::cuda
