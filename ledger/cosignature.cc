#include "ledger/cosignature.h"

#include "absl/strings/str_cat.h"
#include "ledger/text.h"

namespace shiming::ledger {

std::string Ed25519CosignatureMessage(uint64_t time_seconds,
                                      std::string_view checkpoint_text) {
  std::string message =
      absl::StrCat("cosignature/v1\ntime ", time_seconds, "\n");
  message.append(checkpoint_text);
  return message;
}

std::string MlDsa44CosignatureMessage(std::string_view cosigner_name,
                                      uint64_t time_seconds,
                                      std::string_view origin, uint64_t start,
                                      uint64_t end, const Hash& root) {
  if (cosigner_name.size() > 255 || origin.size() > 255) return "";
  // 12 bytes with the NUL at the end.
  std::string message("subtree/v1\n\0", 12);
  message.push_back(static_cast<char>(cosigner_name.size()));
  message.append(cosigner_name);
  AppendUint64(&message, time_seconds);
  message.push_back(static_cast<char>(origin.size()));
  message.append(origin);
  AppendUint64(&message, start);
  AppendUint64(&message, end);
  message.append(root);
  return message;
}

}  // namespace shiming::ledger
