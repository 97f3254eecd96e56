// Structured logs: one JSON object per line, to stderr or a file.
#ifndef SHIMING_COMMON_LOG_LOG_H_
#define SHIMING_COMMON_LOG_LOG_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"

namespace shiming {

enum class Severity { kDebug, kInfo, kWarning, kError };

// What may stand in a log line: text, whole numbers, fractions, truth values.
// There is no way from crypto::Secret or ActivationCode to it. Names, document
// numbers, phone numbers (but Msisdn::Masked) and codes are never passed as
// text either. Keeps a view of text: lives for one call only.
class LogValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): that is its use.
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(std::same_as<bool> auto truth) : value_(bool{truth}) {}
  LogValue(std::floating_point auto number)
      : value_(static_cast<double>(number)) {}
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) LogValue(T number)
      : value_(static_cast<int64_t>(number)) {}
  // NOLINTEND(google-explicit-constructor)

  using Value = std::variant<std::string_view, int64_t, double, bool>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

// One member of a line. Keys are lower_snake_case: trace_id, span_id, method,
// code, reason, duration_ms, peer, order and the like.
struct LogField {
  std::string_view key;
  LogValue value;
};

// Writes {"ts","severity","service","msg", fields...}; `ts` is the system's
// time in UTC with milliseconds, whatever Clock is in use. A field named as one
// of these four is dropped; text that is not UTF-8 is repaired. `message` is a
// fixed text: what varies goes into fields. Thread-safe; never waits for the
// disk: when the queue is full, the oldest waiting line is lost
// (LostLogLines). Before InitLog and after ShutdownLog, lines go to stderr at
// once.
void Log(Severity severity, std::string_view message,
         std::initializer_list<LogField> fields = {});

// Names the process and starts the writing thread. `path` empty is stderr, else
// a file that is appended to. Lines below `least` are dropped.
// FAILED_PRECONDITION if the file cannot be opened. Called again, it replaces
// what was set. Call it after signals are blocked.
absl::Status InitLog(std::string_view service, const std::string& path,
                     Severity least = Severity::kInfo);

// Writes what is queued and stops the thread. Thread-safe.
void ShutdownLog();

// Lines lost since the last InitLog because the queue was full. Thread-safe.
size_t LostLogLines();

}  // namespace shiming

#endif  // SHIMING_COMMON_LOG_LOG_H_
