#include "services/terminal_session/core/terminal_metrics.h"

#include <optional>
#include <string>

#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  return std::string(
      NameOf(reason.has_value() ? *reason : Reason::INTERNAL_ERROR));
}

}  // namespace

TerminalMetrics::TerminalMetrics(Metrics& metrics)
    : clerks_locked(
          metrics.counter("shiming_clerks_locked_total",
                          "Clerks locked by too many failed sign-ins.")),
      tokens_misused(
          metrics.counter("shiming_shift_tokens_misused_total",
                          "Shift tokens that came from another key.")),
      timed_out(metrics.counter("shiming_timed_out_total",
                                "Sessions and shifts ended by time.")),
      metrics_(metrics) {}

void TerminalMetrics::CountSignIn(const absl::Status& outcome) {
  metrics_
      .counter("shiming_sign_ins_total", "Sign-ins by outcome.",
               {{"outcome", OutcomeOf(outcome)}})
      .Increment();
}

void TerminalMetrics::CountPermit(const absl::Status& outcome) {
  metrics_
      .counter("shiming_reveal_permits_total", "Permits to reveal by outcome.",
               {{"outcome", OutcomeOf(outcome)}})
      .Increment();
}

}  // namespace shiming::terminal_session
