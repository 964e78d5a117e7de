/* Stands in for a header newer than those at hand: the addon compiles with it, and fails over to no other cluster. */
#pragma once

#include <pulsar/ServiceInfo.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace pulsar {
struct AutoClusterFailover : ServiceInfoProvider {
  struct Config {
    Config(ServiceInfo, std::vector<ServiceInfo>) {}
    std::chrono::milliseconds checkInterval{5000};
    uint32_t failoverThreshold = 1;
    uint32_t switchBackThreshold = 1;
  };

  explicit AutoClusterFailover(Config) { throw std::runtime_error("this build has no failover between clusters"); }
};
}  // namespace pulsar
