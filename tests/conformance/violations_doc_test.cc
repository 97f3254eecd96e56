// Holds docs/auditing.md against ledger/audit/violations.inc: the same kinds
// with the same promises and texts in the same order.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "ledger/audit/violation.h"

namespace shiming::ledger {
namespace {

using Row = std::array<std::string, 3>;  // kind, promise, text

std::vector<Row> DocumentedRows() {
  std::vector<Row> rows;
  const std::string text = ReadFile("docs/auditing.md").value_or("");
  for (const auto& line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() != 5) continue;
    const std::string kind(absl::StripAsciiWhitespace(cells[1]));
    const std::string promise(absl::StripAsciiWhitespace(cells[2]));
    if (promise.size() != 2 || promise[0] != 'P') continue;
    rows.push_back(
        {kind, promise, std::string(absl::StripAsciiWhitespace(cells[3]))});
  }
  return rows;
}

TEST(ViolationsDocTest, ListsEveryKindInOrder) {
  std::vector<Row> expected;
  for (const ViolationInfo& info : AllViolations()) {
    expected.push_back({std::string(info.name), std::string(info.promise),
                        std::string(info.text)});
  }
  EXPECT_EQ(DocumentedRows(), expected);
}

}  // namespace
}  // namespace shiming::ledger
