// Puts on the record what auditors read, at most one event a second for each:
// an auditor's first read waits until its AUDIT_READ is durable; reads of the
// second after an event are counted and named by the next one, which is written
// at the end of that second. A crash can lose these counts, never the fact that
// the auditor was reading.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_AUDIT_RECORDER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_AUDIT_RECORDER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/time/clock.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming {
namespace asio = boost::asio;
}  // namespace shiming

namespace shiming::issuance_ledger {

// One read of an auditor.
struct AuditRead {
  enum class Kind { kPage, kStream, kReceipt };

  Kind kind = Kind::kPage;
  std::string filter_sha256;  // 32 bytes; empty for a receipt
  std::string order;          // that the filter names, if any
  std::string session;        // the same
  std::string trace_id;
};

// Thread-safe. Everything inside runs on one strand.
class AuditRecorder : public std::enable_shared_from_this<AuditRecorder> {
 public:
  // Appends an event of ours; OK when it is durable.
  using AppendEvent = std::function<asio::awaitable<absl::Status>(
      ledger::v1::Event event, absl::Time deadline)>;

  struct Options {
    asio::any_io_executor executor;
    const Clock& clock;      // of the events' times
    crypto::Random& random;  // of their names
    AppendEvent append;
    // Least time between two events of one auditor.
    absl::Duration interval = absl::Seconds(1);
  };

  static std::shared_ptr<AuditRecorder> Start(Options options);

  // OK when this read may be answered. Errors of `append`; SHUTTING_DOWN.
  // Resumes on the awaiting coroutine's executor.
  asio::awaitable<absl::Status> Record(std::string auditor, AuditRead read,
                                       absl::Time deadline);

  // Names what was counted, then refuses further reads; waits for that. As
  // Sequencer::Stop, and before it.
  void Stop();

 private:
  // Reads that no event names yet.
  struct Reads {
    int64_t pages = 0;
    int64_t streams = 0;
    int64_t receipts = 0;
    std::set<std::string> filters;  // at most kMaxFilters
    std::set<std::string> unlisted_filters;
    AuditRead first;

    bool empty() const { return pages + streams + receipts == 0; }
    void Add(const AuditRead& read);
    void Add(const Reads& other);
  };
  // An auditor who read in the last second.
  struct Reader {
    explicit Reader(const asio::strand<asio::any_io_executor>& strand)
        : timer(strand) {}
    Reads unnamed;
    bool is_recorded = false;  // the first event is durable
    absl::Status failed;       // it could not be written
    asio::steady_timer timer;  // of those who wait for either
  };

  explicit AuditRecorder(Options options);

  asio::awaitable<absl::Status> RecordOnStrand(std::string auditor,
                                               AuditRead read,
                                               absl::Time deadline);
  asio::awaitable<absl::Status> OpenReader(std::string auditor,
                                           std::shared_ptr<Reader> reader,
                                           absl::Time deadline);
  // Writes what was counted once an interval, until there is nothing.
  asio::awaitable<void> Follow(std::string auditor,
                               std::shared_ptr<Reader> reader);
  ledger::v1::Event EventOf(const std::string& auditor,
                            const Reads& reads) const;
  void EndIfIdle();

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  std::promise<void> all_ended_;
  std::future<void> ended_ = all_ended_.get_future();
  // The rest is touched on strand_ only.
  std::map<std::string, std::shared_ptr<Reader>> readers_;
  bool stopping_ = false;
  bool has_ended_ = false;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_AUDIT_RECORDER_H_
