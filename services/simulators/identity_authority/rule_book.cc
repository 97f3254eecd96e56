#include "services/simulators/identity_authority/rule_book.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace shiming::identity_authority {
namespace {

constexpr char kHeader[] = "document_number,answer,numbers_elsewhere";

absl::Status Bad(size_t line, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat("data, line ", line, ": ", why));
}

}  // namespace

std::optional<Answer> AnswerByName(std::string_view name) {
  constexpr std::pair<std::string_view, Answer> kNames[] = {
      {"match", Answer::kMatch},
      {"no_match", Answer::kNoMatch},
      {"unknown", Answer::kUnknown},
      {"unavailable", Answer::kUnavailable},
  };
  for (const auto& [known, answer] : kNames) {
    if (known == name) return answer;
  }
  return std::nullopt;
}

absl::Status RuleBook::AddCsv(std::string_view csv) {
  const std::vector<std::string> lines =
      absl::StrSplit(absl::string_view(csv.data(), csv.size()), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const absl::string_view line = absl::StripAsciiWhitespace(lines[i]);
    if (i == 0) {
      if (line != kHeader) return Bad(1, "expected the header of the file");
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() != 3 || cells[0].empty()) {
      return Bad(i + 1, "expected three cells");
    }
    const auto answer = AnswerByName(cells[1]);
    if (!answer.has_value()) return Bad(i + 1, "the answer is unknown");
    Rule rule{.answer = *answer};
    if (!cells[2].empty() &&
        (!absl::SimpleAtoi(cells[2], &rule.numbers_elsewhere) ||
         rule.numbers_elsewhere < 0)) {
      return Bad(i + 1, "numbers_elsewhere is no count");
    }
    Set(cells[0], rule);
  }
  return absl::OkStatus();
}

void RuleBook::Set(const std::string& document_number, const Rule& rule) {
  std::lock_guard lock(mutex_);
  if (document_number.empty()) {
    default_ = rule;
  } else {
    exceptions_[document_number] = rule;
  }
}

void RuleBook::SetDelay(absl::Duration delay) {
  std::lock_guard lock(mutex_);
  delay_ = delay;
}

Rule RuleBook::Ask(const std::string& document_number) {
  std::lock_guard lock(mutex_);
  ++calls_;
  const auto place = exceptions_.find(document_number);
  return place == exceptions_.end() ? default_ : place->second;
}

absl::Duration RuleBook::delay() const {
  std::lock_guard lock(mutex_);
  return delay_;
}

int64_t RuleBook::call_count() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

}  // namespace shiming::identity_authority
