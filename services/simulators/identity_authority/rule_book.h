// What the simulated authority says of whom.
#ifndef SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_RULE_BOOK_H_
#define SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_RULE_BOOK_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shiming::identity_authority {

enum class Answer { kMatch, kNoMatch, kUnknown, kUnavailable };

// "match", "no_match", "unknown", "unavailable".
std::optional<Answer> AnswerByName(std::string_view name);

// How calls about one document are answered.
struct Rule {
  Answer answer = Answer::kMatch;
  int numbers_elsewhere = 0;  // 0 or more
};

// The default rule and the exceptions from it. Thread-safe.
class RuleBook {
 public:
  // Adds the rows of a CSV text with header
  // "document_number,answer,numbers_elsewhere"; the last cell may be empty for
  // 0. kInvalidArgument names the line.
  absl::Status AddCsv(std::string_view csv);

  // Replaces the rule of one document, or, with "", the default one.
  void Set(const std::string& document_number, const Rule& rule);
  // Every answer comes this much later.
  void SetDelay(absl::Duration delay);

  // The rule for this document; counts the call.
  Rule Ask(const std::string& document_number);
  absl::Duration delay() const;
  // Calls so far.
  int64_t call_count() const;

 private:
  mutable std::mutex mutex_;
  Rule default_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Rule> exceptions_ ABSL_GUARDED_BY(mutex_);
  absl::Duration delay_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shiming::identity_authority

#endif  // SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_RULE_BOOK_H_
