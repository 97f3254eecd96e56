// Faults that a test orders from the simulator.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_FAULTS_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_FAULTS_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "services/simulators/smdp_plus/profile_book.h"

namespace shiming::smdp_plus {

enum class FaultKind {
  kRefuse,       // "refuse": not executed; answers Failed with the code
  kDropRequest,  // "drop_request": not executed; connection closed
  kDropAnswer,   // "drop_answer": executed; connection closed
  kCutAnswer,    // "cut_answer": executed; half of the answer, then closed
  kLate,         // "late": executed; the answer comes after the delay
  kHttpError,    // "http_5xx": not executed; that HTTP status
  kNotJson,      // "not_json": executed; 200 with a body that is no JSON
  kLieSuccess,   // "lie_success": not executed; answers as if it had been
  kLieFailure,   // "lie_failure": executed; answers Failed with the code
  kLose,         // "lose": notices only; never sent
  kDuplicate,    // "duplicate": notices only; sent twice
};

std::optional<FaultKind> FaultKindByName(std::string_view name);

struct Fault {
  FaultKind kind = FaultKind::kRefuse;
  StatusCode code = {"1.6", "4.2", "ordered by a test"};
  absl::Duration delay = absl::Seconds(1);
  int http_status = 503;
};

// Which function has what faults to come. Thread-safe; kept in memory only.
class FaultPlan {
 public:
  // The next `count` calls of `function` (an ES2+ function name) meet `fault`,
  // in place of what was planned before; 0 takes the plan back.
  void Set(const std::string& function, const Fault& fault, int count);

  // The fault of this call, if one is planned; counts it down.
  std::optional<Fault> Take(const std::string& function);

 private:
  struct Planned {
    Fault fault;
    int count = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Planned> planned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_FAULTS_H_
