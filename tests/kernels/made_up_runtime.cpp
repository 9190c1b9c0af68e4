#include "tests/kernels/made_up_runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>

using adit::u64;
using adit::u8;
using adit::test::made_up_card;
using adit::test::MadeUpKernel;
using Work = std::function<void()>;

struct CUstream_st {
    std::deque<Work> waiting;
    u64 done = 0;

    u64 last() const { return done + waiting.size(); }
    void run_until(u64 position)
    {
        while (done < position && !waiting.empty()) {
            const Work work = std::move(waiting.front());
            waiting.pop_front();
            --made_up_card.works_waiting;
            work();
            ++done;
        }
    }
};
struct CUevent_st {
    cudaStream_t stream = nullptr;
    u64 position = 0;
};
struct CUgraphNode_st {
    bool alive = true;
    Work work;
};
struct CUgraph_st {
    std::vector<CUgraphNode_st*> nodes;
};
struct CUgraphExec_st {
    std::vector<std::pair<CUgraphNode_st*, Work>> nodes;
};

namespace {

/// Never freed, so that the address of a node that is gone names no new one.
std::deque<CUgraphNode_st> all_nodes;
std::map<void*, std::size_t> allocations;

cudaError_t later(cudaStream_t stream, Work work)
{
    stream->waiting.push_back(std::move(work));
    ++made_up_card.works_waiting;
    return cudaSuccess;
}

cudaError_t kernel_work(Work& work, const void* function, dim3 grid, dim3 block, void** arguments,
                        std::size_t shared)
{
    const auto& kernel = *static_cast<const MadeUpKernel*>(function);
    if (grid.x == 0 || grid.y == 0 || block.x != kernel.lanes) return cudaErrorInvalidConfiguration;
    if (shared < kernel.shared_bytes || shared > kernel.shared_allowed)
        return cudaErrorInvalidValue;
    std::vector<std::vector<u8>> kept;
    for (std::size_t i = 0; i < kernel.argument_bytes.size(); ++i) {
        const u8* const from = static_cast<const u8*>(arguments[i]);
        kept.emplace_back(from, from + kernel.argument_bytes[i]);
    }
    work = [&kernel, kept, grid]() mutable {
        made_up_card.before_kernel();
        ++made_up_card.kernels_run;
        std::vector<void*> pointers;
        for (auto& one : kept) pointers.push_back(one.data());
        kernel.run(pointers.data(), grid);
    };
    return cudaSuccess;
}

/// Behind the last one: graphs here are chains.
cudaError_t add_node(cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t* before,
                     std::size_t count, Work work)
{
    const bool chained =
        graph->nodes.empty() ? count == 0 : count == 1 && before[0] == graph->nodes.back();
    if (!chained) return cudaErrorInvalidValue;
    all_nodes.push_back({true, std::move(work)});
    graph->nodes.push_back(&all_nodes.back());
    *node = graph->nodes.back();
    return cudaSuccess;
}

bool pitches_are_right(std::size_t width, std::initializer_list<std::size_t> pitches)
{
    return std::ranges::all_of(pitches,
                               [&](std::size_t one) { return one >= width && one < u64{1} << 31; });
}

Work copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
               std::size_t width, std::size_t rows)
{
    return [=] {
        for (std::size_t i = 0; i < rows; ++i)
            std::memcpy(static_cast<u8*>(to) + i * to_pitch,
                        static_cast<const u8*>(from) + i * from_pitch, width);
    };
}

Work zero_rows(void* at, std::size_t pitch, std::size_t width, std::size_t rows)
{
    return [=] {
        for (std::size_t i = 0; i < rows; ++i)
            std::memset(static_cast<u8*>(at) + i * pitch, 0, width);
    };
}

}  // namespace

extern "C" {

cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "refused by the runtime that is made up"; }

cudaError_t cudaMalloc(void** memory, std::size_t bytes)
{
    if (made_up_card.allocated_bytes + bytes > made_up_card.memory_bytes)
        return cudaErrorMemoryAllocation;
    *memory = std::malloc(bytes);
    std::memset(*memory, 0xa5, bytes);
    allocations[*memory] = bytes;
    made_up_card.allocated_bytes += bytes;
    return cudaSuccess;
}
cudaError_t cudaFree(void* memory)
{
    made_up_card.allocated_bytes -= allocations.extract(memory).mapped();
    std::free(memory);
    return cudaSuccess;
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes)
{
    *memory = std::malloc(bytes);
    return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory)
{
    std::free(memory);
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned)
{
    *stream = new CUstream_st;
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    const bool idle = stream->waiting.empty();
    delete stream;
    return idle ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    stream->run_until(stream->last());
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned)
{
    *event = new CUevent_st;
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    *event = {stream, stream->last()};
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    if (event->stream != nullptr) event->stream->run_until(event->position);
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t begin, cudaEvent_t end)
{
    *ms = 1;
    const bool reached = end->stream == begin->stream && end->stream->done >= end->position;
    return reached ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind)
{
    std::memcpy(to, from, bytes);  // streams made as ours do not wait for it, nor it for them
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream)
{
    if (stream->waiting.empty()) return cudaMemcpy(to, from, bytes, cudaMemcpyDefault);
    return later(stream, copy_rows(to, bytes, from, bytes, bytes, 1));
}
cudaError_t cudaMemsetAsync(void* at, int value, std::size_t bytes, cudaStream_t stream)
{
    return value == 0 ? later(stream, zero_rows(at, bytes, bytes, 1)) : cudaErrorInvalidValue;
}
cudaError_t cudaMemset2DAsync(void* at, std::size_t pitch, int value, std::size_t width,
                              std::size_t rows, cudaStream_t stream)
{
    if (value != 0 || !pitches_are_right(width, {pitch})) return cudaErrorInvalidPitchValue;
    return later(stream, zero_rows(at, pitch, width, rows));
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t rows,
                              cudaMemcpyKind, cudaStream_t stream)
{
    if (!pitches_are_right(width, {to_pitch, from_pitch})) return cudaErrorInvalidPitchValue;
    return later(stream, copy_rows(to, to_pitch, from, from_pitch, width, rows));
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value)
{
    auto& kernel = *static_cast<MadeUpKernel*>(const_cast<void*>(function));
    kernel.shared_allowed = static_cast<adit::u32>(value);
    return cudaSuccess;
}
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             std::size_t shared, cudaStream_t stream)
{
    Work work;
    const cudaError_t error = kernel_work(work, function, grid, block, arguments, shared);
    return error == cudaSuccess ? later(stream, std::move(work)) : error;
}

cudaError_t cudaGraphCreate(cudaGraph_t* graph, unsigned)
{
    *graph = new CUgraph_st;
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    for (CUgraphNode_st* node : graph->nodes) node->alive = false;
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* before, std::size_t count,
                                   const cudaMemsetParams* params)
{
    const std::size_t width = params->width * params->elementSize;
    if (params->value != 0 || !pitches_are_right(width, {params->pitch}))
        return cudaErrorInvalidPitchValue;
    return add_node(node, graph, before, count,
                    zero_rows(params->dst, params->pitch, width, params->height));
}
cudaError_t cudaGraphAddMemcpyNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* before, std::size_t count,
                                   const cudaMemcpy3DParms* params)
{
    const auto& [width, height, depth] = params->extent;
    if (depth != 1 || !pitches_are_right(width, {params->srcPtr.pitch, params->dstPtr.pitch}))
        return cudaErrorInvalidPitchValue;
    return add_node(node, graph, before, count,
                    copy_rows(params->dstPtr.ptr, params->dstPtr.pitch, params->srcPtr.ptr,
                              params->srcPtr.pitch, width, height));
}
cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* before, std::size_t count,
                                   const cudaKernelNodeParams* params)
{
    Work work;
    const cudaError_t error = kernel_work(work, params->func, params->gridDim, params->blockDim,
                                          params->kernelParams, params->sharedMemBytes);
    return error == cudaSuccess ? add_node(node, graph, before, count, std::move(work)) : error;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long)
{
    *made = new CUgraphExec_st;
    for (CUgraphNode_st* node : graph->nodes) (*made)->nodes.emplace_back(node, node->work);
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph)
{
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t graph, cudaGraphNode_t node,
                                             const cudaKernelNodeParams* params)
{
    if (graph == nullptr || node == nullptr || !node->alive) return cudaErrorInvalidValue;
    const auto at =
        std::ranges::find_if(graph->nodes, [&](const auto& one) { return one.first == node; });
    if (at == graph->nodes.end()) return cudaErrorInvalidValue;
    return kernel_work(at->second, params->func, params->gridDim, params->blockDim,
                       params->kernelParams, params->sharedMemBytes);
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream)
{
    if (graph == nullptr) return cudaErrorInvalidValue;
    for (const auto& [node, work] : graph->nodes) later(stream, work);
    return cudaSuccess;
}

}  // extern "C"
