// An append-only file of text lines, synced in groups.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_JOURNAL_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_JOURNAL_H_

#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

namespace shiming::smdp_plus {

namespace asio = boost::asio;

// One process at a time may have the file open (a lock on it sees to that).
// Thread-safe. A write or fsync that fails ends the process: what is on disk
// then decides at the next start.
class Journal {
 public:
  // Opens or creates the file and gives its whole lines, without the line
  // feed, in `lines`; a last line without one was never acknowledged and is
  // dropped. kUnavailable: the file cannot be used, or another process has it.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      std::string path, std::vector<std::string>& lines);

  // Waits for what has been added.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Replaces the content by `lines`, whole or not at all. Only right after
  // Open, before the first Add.
  absl::Status Rewrite(const std::vector<std::string>& lines);

  // A place in the file.
  using Ticket = uint64_t;

  // Takes a line (without line feed) and returns at once; lines keep the order
  // of calls.
  Ticket Add(std::string_view line);

  // Ends when the ticket's line, and so all before it, are on disk. Lines that
  // wait at the same time share one fsync.
  asio::awaitable<void> Durable(Ticket ticket);

 private:
  Journal(std::string path, int file);
  void WriteLoop();
  void WhenDurable(Ticket ticket, std::function<void()> done);

  const std::string path_;
  int file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<Ticket, std::function<void()>>> waiters_
      ABSL_GUARDED_BY(mutex_);
  Ticket added_ ABSL_GUARDED_BY(mutex_) = 0;
  Ticket durable_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_JOURNAL_H_
