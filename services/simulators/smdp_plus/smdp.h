// The simulated SM-DP+ itself: its profiles, kept over a restart.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "services/simulators/smdp_plus/journal.h"
#include "services/simulators/smdp_plus/profile_book.h"

namespace shiming::smdp_plus {

// Thread-safe.
class Smdp {
 public:
  struct Options {
    ProfileBook::Options book;
    std::string state_file;
    std::string stock_csv;  // content, header "iccid,profile_type"
  };

  // Reads the state file and adds the stock that it does not know. Errors:
  // kInvalidArgument (a stock line), kDataLoss (state file), kUnavailable.
  static absl::StatusOr<std::unique_ptr<Smdp>> Open(Options options);

  // Where notices go as soon as they are durable. Called once, before the
  // first Change; the notices that a restart left over are given at once.
  void SetNoticeSink(std::function<void(const Notice&)> sink);

  // Runs `change` on the book and returns when its effect is durable.
  asio::awaitable<void> Change(
      std::function<void(ProfileBook&, Changes&)> change);

  // Forgets a notice that the other party has taken.
  asio::awaitable<void> MarkDelivered(std::string notice_id);

  // Runs `look` on the book.
  void Look(const std::function<void(const ProfileBook&)>& look) const;
  // Notices that have not been taken yet.
  size_t UndeliveredCount() const;

 private:
  Smdp(ProfileBook::Options book, std::unique_ptr<Journal> journal)
      : journal_(std::move(journal)), book_(std::move(book)) {}
  absl::Status Replay(const std::vector<std::string>& lines);
  absl::Status Compact();

  const std::unique_ptr<Journal> journal_;
  std::function<void(const Notice&)> sink_;
  mutable std::mutex mutex_;
  ProfileBook book_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Notice> undelivered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_H_
