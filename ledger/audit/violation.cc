#include "ledger/audit/violation.h"

#include <algorithm>

namespace shiming::ledger {

const std::vector<ViolationInfo>& AllViolations() {
  static const std::vector<ViolationInfo>* const all =
      new std::vector<ViolationInfo>{
#define VIOLATION(name, promise, text) \
  {ViolationKind::name, #name, promise, text},
#include "ledger/audit/violations.inc"
#undef VIOLATION
      };
  return *all;
}

const ViolationInfo& InfoOf(ViolationKind kind) {
  return AllViolations()[static_cast<size_t>(kind)];
}

std::optional<ViolationKind> ViolationByName(std::string_view name) {
  const std::vector<ViolationInfo>& all = AllViolations();
  const auto found = std::find_if(
      all.begin(), all.end(),
      [&](const ViolationInfo& info) { return info.name == name; });
  if (found == all.end()) return std::nullopt;
  return found->kind;
}

}  // namespace shiming::ledger
