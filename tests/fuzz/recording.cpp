// Any file handed to adit replay.

#include "stratum/client/recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    (void)adit::stratum::client::replay(adit::as_text({data, size}));
    return 0;
}
