#include "services/simulators/smdp_plus/faults.h"

#include <utility>

namespace shiming::smdp_plus {

std::optional<FaultKind> FaultKindByName(std::string_view name) {
  constexpr std::pair<std::string_view, FaultKind> kNames[] = {
      {"refuse", FaultKind::kRefuse},
      {"drop_request", FaultKind::kDropRequest},
      {"drop_answer", FaultKind::kDropAnswer},
      {"cut_answer", FaultKind::kCutAnswer},
      {"late", FaultKind::kLate},
      {"http_5xx", FaultKind::kHttpError},
      {"not_json", FaultKind::kNotJson},
      {"lie_success", FaultKind::kLieSuccess},
      {"lie_failure", FaultKind::kLieFailure},
      {"lose", FaultKind::kLose},
      {"duplicate", FaultKind::kDuplicate},
  };
  for (const auto& [known, kind] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

void FaultPlan::Set(const std::string& function, const Fault& fault,
                    int count) {
  std::lock_guard lock(mutex_);
  if (count <= 0) {
    planned_.erase(function);
  } else {
    planned_[function] = {fault, count};
  }
}

std::optional<Fault> FaultPlan::Take(const std::string& function) {
  std::lock_guard lock(mutex_);
  const auto place = planned_.find(function);
  if (place == planned_.end()) return std::nullopt;
  const Fault fault = place->second.fault;
  if (--place->second.count == 0) planned_.erase(place);
  return fault;
}

}  // namespace shiming::smdp_plus
