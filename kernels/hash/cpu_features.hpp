#pragma once

namespace adit::hash {

/// Vector units that both this CPU and its operating system allow.
struct CpuFeatures {
    bool avx2 = false;
    bool avx512 = false;  ///< F, BW, DQ and VL together: every AVX-512 server and desktop core
    bool sha = false;     ///< SHA-256 rounds in hardware, and SSE 4.1 beside them
};

/// Asked once of the machine. Any thread. All false where the architecture has no such units.
const CpuFeatures& cpu_features();

}  // namespace adit::hash
