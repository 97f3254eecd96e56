#include "ledger/checkpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "ledger/text.h"

namespace shiming::ledger {

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  std::string text = absl::StrCat(checkpoint.origin, "\n", checkpoint.size,
                                  "\n", crypto::Base64(checkpoint.root), "\n");
  for (const std::string& line : checkpoint.extensions) {
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  const auto lines = SplitLines(text);
  if (!lines.has_value() || lines->size() < 3) {
    return MakeError(Reason::LEDGER_FORMAT_INVALID,
                     "checkpoint has fewer than three lines");
  }
  for (std::string_view line : *lines) {
    if (line.empty()) {
      return MakeError(Reason::LEDGER_FORMAT_INVALID,
                       "checkpoint has an empty line");
    }
  }
  const auto size = ParseDecimal((*lines)[1]);
  if (!size.has_value()) {
    return MakeError(Reason::LEDGER_FORMAT_INVALID,
                     "checkpoint size is no decimal number");
  }
  auto root = ParseHashLine((*lines)[2]);
  if (!root.has_value()) {
    return MakeError(Reason::LEDGER_FORMAT_INVALID,
                     "checkpoint root is not 32 bytes in base64");
  }
  Checkpoint checkpoint{.origin = std::string((*lines)[0]),
                        .size = *size,
                        .root = *std::move(root)};
  for (size_t i = 3; i < lines->size(); ++i) {
    checkpoint.extensions.emplace_back((*lines)[i]);
  }
  return checkpoint;
}

}  // namespace shiming::ledger
