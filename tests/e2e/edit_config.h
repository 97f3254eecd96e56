// Configuration files as `shimingctl init` wrote them, changed for a test.
#ifndef SHIMING_TESTS_E2E_EDIT_CONFIG_H_
#define SHIMING_TESTS_E2E_EDIT_CONFIG_H_

#include <google/protobuf/text_format.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/config/config.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::e2e {

// Reads the text-format file at `path`, changes it and writes it back. Errors:
// those of LoadConfig and ReplaceFile; INTERNAL when it cannot be printed.
template <class Proto>
absl::Status EditConfig(const std::string& path,
                        const std::function<void(Proto&)>& change) {
  ASSIGN_OR_RETURN(Proto config, LoadConfig<Proto>(path));
  change(config);
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(config, &text)) {
    return absl::InternalError(path);
  }
  return ReplaceFile(path, text, FileAccess::kEveryone);
}

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_EDIT_CONFIG_H_
