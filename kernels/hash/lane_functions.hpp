#pragma once

#include "kernels/hash/blake2b.hpp"

// What each lane's file gives to dispatch.cpp; everybody else asks dispatch.hpp.
namespace adit::hash {

void hash_run_portable(const HeaderMidstate& mid, u32 first, u32 count, u8* out);
void hash_list_portable(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out);

#if defined(__x86_64__)
#define ADIT_LANES_X86 1
void hash_run_avx2(const HeaderMidstate& mid, u32 first, u32 count, u8* out);
void hash_list_avx2(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out);
void hash_run_avx512(const HeaderMidstate& mid, u32 first, u32 count, u8* out);
void hash_list_avx512(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out);
#endif

}  // namespace adit::hash
