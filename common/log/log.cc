#include "common/log/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shiming {
namespace {

// About 2 MiB of lines.
constexpr size_t kQueuedLines = 8192;

// What InitLog sets up. The pool goes first: its destructor writes what is
// queued and joins the thread, which uses the logger.
struct Output {
  std::string service;
  Severity least;
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

std::mutex& OutputMutex() {
  static auto& mutex = *new std::mutex;
  return mutex;
}

// Guarded by OutputMutex(). Never destroyed: other threads may log until the
// very end.
std::shared_ptr<Output>& CurrentOutput() {
  static auto& output = *new std::shared_ptr<Output>;
  return output;
}

std::shared_ptr<Output> GetOutput() {
  std::lock_guard lock(OutputMutex());
  return CurrentOutput();
}

std::shared_ptr<Output> SwapOutput(std::shared_ptr<Output> next) {
  std::lock_guard lock(OutputMutex());
  return std::exchange(CurrentOutput(), std::move(next));
}

const char* NameOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "ERROR";
}

spdlog::level::level_enum LevelOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string FormatLine(Severity severity, std::string_view service,
                       std::string_view message,
                       std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line;
  line["ts"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                absl::UTCTimeZone());
  line["severity"] = NameOf(severity);
  line["service"] = service;
  line["msg"] = message;
  for (const LogField& field : fields) {
    std::visit(
        [&](const auto& value) {
          // Of two with one name the first stays.
          line.emplace(std::string(field.key), value);
        },
        field.value.value());
  }
  return line.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Log(Severity severity, std::string_view message,
         std::initializer_list<LogField> fields) {
  const std::shared_ptr<Output> output = GetOutput();
  if (output == nullptr) {
    const std::string line = FormatLine(severity, "", message, fields) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
    return;
  }
  if (severity < output->least) return;
  output->logger->log(LevelOf(severity),
                      spdlog::string_view_t(FormatLine(
                          severity, output->service, message, fields)));
}

absl::Status InitLog(std::string_view service, const std::string& path,
                     Severity least) {
  auto output = std::make_shared<Output>();
  output->service = service;
  output->least = least;
  try {
    spdlog::sink_ptr sink;
    if (path.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
    output->pool =
        std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
    output->logger = std::make_shared<spdlog::async_logger>(
        output->service, std::move(sink), output->pool,
        spdlog::async_overflow_policy::overrun_oldest);
  } catch (const spdlog::spdlog_ex& error) {
    return absl::FailedPreconditionError(
        absl::StrCat("log cannot be opened: ", error.what()));
  }
  output->logger->set_pattern("%v");
  output->logger->set_level(spdlog::level::trace);
  // A line is in the file before the next one is taken from the queue: cheap,
  // and a crash loses only what is queued.
  output->logger->flush_on(spdlog::level::trace);
  SwapOutput(std::move(output));
  static const int at_exit = std::atexit(ShutdownLog);
  static_cast<void>(at_exit);
  return absl::OkStatus();
}

void ShutdownLog() { SwapOutput(nullptr); }

size_t LostLogLines() {
  const std::shared_ptr<Output> output = GetOutput();
  return output == nullptr ? 0 : output->pool->overrun_counter();
}

}  // namespace shiming
