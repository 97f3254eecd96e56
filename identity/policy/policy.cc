#include "identity/policy/policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::identity {
namespace {

constexpr size_t kMaxVersionLength = 32;
constexpr int kMaxAge = 120;
constexpr int32_t kMaxMillionths = 1'000'000;

absl::Status Invalid(const Policy& policy, std::string_view why) {
  return MakeError(
      Reason::INVALID_REQUEST,
      absl::StrCat("policy ", policy.version, ": ", std::string(why)));
}

bool IsVersion(std::string_view text) {
  return !text.empty() && text.size() <= kMaxVersionLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  c == '.' || c == '-';
         });
}

absl::Status CheckRanges(const Policy& policy) {
  if (!IsVersion(policy.version)) {
    return MakeError(Reason::INVALID_REQUEST, "policy with a bad version");
  }
  if (policy.accepted_documents.empty()) {
    return Invalid(policy, "accepts no document");
  }
  if (policy.min_age_alone < 0 || policy.min_age_alone > kMaxAge) {
    return Invalid(policy, "min_age_alone is 0 to 120");
  }
  // 0 would accept any face.
  if (policy.face_min_score_millionths <= 0 ||
      policy.face_min_score_millionths > kMaxMillionths) {
    return Invalid(policy, "face_min_score_millionths is 1 to 1000000");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PolicyBook> PolicyBook::Make(std::vector<Policy> policies) {
  if (policies.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "no policy");
  }
  std::sort(policies.begin(), policies.end(),
            [](const Policy& a, const Policy& b) {
              return a.effective_from < b.effective_from;
            });
  std::set<std::string> versions;
  for (size_t i = 0; i < policies.size(); ++i) {
    RETURN_IF_ERROR(CheckRanges(policies[i]));
    if (!versions.insert(policies[i].version).second) {
      return Invalid(policies[i], "version stands twice");
    }
    if (i > 0 && policies[i].effective_from == policies[i - 1].effective_from) {
      return Invalid(policies[i], "begins on the day of another one");
    }
  }
  return PolicyBook(std::move(policies));
}

PolicyBook::PolicyBook(std::vector<Policy> policies)
    : policies_(std::move(policies)) {}

absl::StatusOr<Policy> PolicyBook::InForceOn(Date day) const {
  const auto next = std::upper_bound(
      policies_.begin(), policies_.end(), day,
      [](Date d, const Policy& policy) { return d < policy.effective_from; });
  if (next == policies_.begin()) {
    return MakeError(Reason::DOCUMENT_NOT_ACCEPTED, "no policy in force");
  }
  return *std::prev(next);
}

absl::Status CheckDocumentPolicy(const Policy& policy, const CardBlock& card,
                                 Date today) {
  if (!policy.accepted_documents.contains(card.kind())) {
    return MakeError(Reason::DOCUMENT_NOT_ACCEPTED, "kind not accepted");
  }
  if (today.YearsSince(card.birth_date) < policy.min_age_alone) {
    return MakeError(Reason::HOLDER_TOO_YOUNG, "below min_age_alone");
  }
  return absl::OkStatus();
}

}  // namespace shiming::identity
