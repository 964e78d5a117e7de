/* Stands in for a header newer than those at hand: the addon compiles with it, and reads no encrypted messages. */
#pragma once

#include <pulsar/CompressionType.h>

#include <map>
#include <string>
#include <vector>

namespace pulsar {
struct EncryptionKey {
  std::string key;
  std::string value;
  std::map<std::string, std::string> metadata;
};

struct EncryptionContext {
  std::vector<EncryptionKey> keys() const { return {}; }
  std::string param() const { return {}; }
  std::string algorithm() const { return {}; }
  CompressionType compressionType() const { return CompressionNone; }
  unsigned uncompressedMessageSize() const { return 0; }
  int batchSize() const { return 0; }
  bool isDecryptionFailed() const { return false; }
};
}  // namespace pulsar
