/* Stands in for a header newer than those at hand: the addon compiles with it, and fails over to no other cluster. */
#pragma once

#include <pulsar/Authentication.h>

#include <optional>
#include <string>

namespace pulsar {
struct ServiceInfo {
  ServiceInfo(const std::string &, const AuthenticationPtr &, const std::optional<std::string> &) {}
};

struct ServiceInfoProvider {
  virtual ~ServiceInfoProvider() = default;
};
}  // namespace pulsar
