// Holds docs/error_reasons.md against common/status/reasons.inc: the same
// reasons with the same codes in the same order.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "common/status/reason.h"

namespace shiming {
namespace {

using Row = std::pair<std::string, std::string>;  // reason, code

std::vector<Row> DocumentedRows() {
  std::vector<Row> rows;
  const std::string text = ReadFile("docs/error_reasons.md").value_or("");
  for (const auto& line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() < 6) continue;
    const std::string reason(absl::StripAsciiWhitespace(cells[1]));
    if (reason == "reason" || reason.rfind("---", 0) == 0) continue;
    EXPECT_FALSE(absl::StripAsciiWhitespace(cells[3]).empty()) << reason;
    EXPECT_FALSE(absl::StripAsciiWhitespace(cells[4]).empty()) << reason;
    rows.emplace_back(reason, absl::StripAsciiWhitespace(cells[2]));
  }
  return rows;
}

TEST(ErrorReasonsDocTest, ListsEveryReasonWithItsCodeInOrder) {
  std::vector<Row> expected;
  for (const ReasonInfo& info : AllReasons()) {
    expected.emplace_back(std::string(info.name),
                          absl::StatusCodeToString(info.code));
  }
  EXPECT_EQ(DocumentedRows(), expected);
}

}  // namespace
}  // namespace shiming
