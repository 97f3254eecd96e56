#include "tests/bench/load/load.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;
using Times = std::chrono::steady_clock;

constexpr unsigned kArrivalSeed = 2;
constexpr size_t kWarmedAtOnce = 16;

std::string ErrorName(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason.has_value() ? std::string(NameOf(*reason))
                            : absl::StatusCodeToString(status.code());
}

// Takes the visits of all places; counts while it is switched on. Thread-safe.
class Collector {
 public:
  void SwitchOn() {
    std::lock_guard<std::mutex> lock(mutex_);
    on_ = true;
  }
  void SwitchOff() {
    std::lock_guard<std::mutex> lock(mutex_);
    on_ = false;
  }
  // Once, when the last visit has ended.
  Measured Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::move(measured_);
  }

  // `waited`: for a free place.
  void Add(const Visit& visit, absl::Duration waited) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!visit.status.ok()) {
      if (measured_.errors.empty()) {
        measured_.first_error = visit.status.ToString();
      }
      ++measured_.errors[ErrorName(visit.status)];
      return;
    }
    if (!on_) return;
    ++measured_.issuances;
    absl::Duration to_installed = waited;
    for (const shiming_terminal::StepReport& step : visit.steps) {
      measured_.steps[std::string(shiming_terminal::NameOf(step.step))].Add(
          step.took);
      if (step.step <= shiming_terminal::Step::kDownload) {
        to_installed += step.took;
      }
    }
    measured_.steps["to_installed"].Add(to_installed);
    measured_.steps["whole"].Add(waited + visit.whole);
  }

 private:
  std::mutex mutex_;
  bool on_ ABSL_GUARDED_BY(mutex_) = false;
  Measured measured_ ABSL_GUARDED_BY(mutex_);
};

// When each customer comes. Thread-safe.
class Arrivals {
 public:
  // At random until `end`; with 0 a second, whenever a place is free.
  Arrivals(double per_second, Times::time_point end)
      : open_(per_second > 0), end_(end) {
    if (!open_) return;
    std::mt19937_64 random(kArrivalSeed);
    std::exponential_distribution<double> gap(per_second);
    double seconds = 0;
    const Times::time_point start = Times::now();
    while (true) {
      seconds += gap(random);
      const auto time = start + std::chrono::duration_cast<Times::duration>(
                                    std::chrono::duration<double>(seconds));
      if (time >= end) return;
      times_.push_back(time);
    }
  }

  // The next customer's time, which may lie ahead; nullopt after the last.
  std::optional<Times::time_point> Next() {
    if (!open_) {
      const Times::time_point now = Times::now();
      if (now >= end_) return std::nullopt;
      return now;
    }
    const size_t index = next_++;
    if (index >= times_.size()) return std::nullopt;
    return times_[index];
  }

 private:
  const bool open_;
  const Times::time_point end_;
  std::vector<Times::time_point> times_;
  std::atomic<size_t> next_ = 0;
};

// A free place takes the customer who has waited longest.
awaitable<void> Work(Place& place, boost::asio::any_io_executor executor,
                     std::atomic<int64_t>& next_customer, Arrivals& arrivals,
                     Collector& collector) {
  boost::asio::steady_timer timer(executor);
  while (const auto arrival = arrivals.Next()) {
    if (*arrival > Times::now()) {
      timer.expires_at(*arrival);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    const absl::Duration waited = absl::FromChrono(Times::now() - *arrival);
    const Visit visit = co_await place.Serve(next_customer++);
    collector.Add(visit, waited);
  }
}

}  // namespace

Load::Load(Options options)
    : options_(std::move(options)), next_customer_(options_.first_customer) {}

absl::StatusOr<Measured> Load::Closed(int terminals, absl::Duration time) {
  return Run(terminals, 0, time);
}

absl::StatusOr<Measured> Load::Open(double arrivals_per_second,
                                    absl::Duration time) {
  return Run(static_cast<int>(options_.places.size()), arrivals_per_second,
             time);
}

absl::Status Load::Warm(int terminals) {
  absl::Status status;
  while (warm_places_ < terminals && status.ok()) {
    std::vector<std::future<Visit>> visits;
    for (; warm_places_ < terminals && visits.size() < kWarmedAtOnce;
         ++warm_places_) {
      visits.push_back(boost::asio::co_spawn(
          options_.executor,
          options_.places[warm_places_]->Serve(next_customer_++),
          boost::asio::use_future));
    }
    for (std::future<Visit>& visit : visits) status.Update(visit.get().status);
  }
  return status;
}

absl::StatusOr<Measured> Load::Run(int terminals, double arrivals_per_second,
                                   absl::Duration time) {
  RETURN_IF_ERROR(Warm(terminals));
  const auto begin = Times::now() + absl::ToChronoNanoseconds(options_.warm_up);
  const auto end = begin + absl::ToChronoNanoseconds(time);
  Arrivals arrivals(arrivals_per_second, end);
  Collector collector;
  std::vector<std::future<void>> working;
  for (int i = 0; i < terminals; ++i) {
    working.push_back(
        boost::asio::co_spawn(options_.executor,
                              Work(*options_.places[i], options_.executor,
                                   next_customer_, arrivals, collector),
                              boost::asio::use_future));
  }
  std::this_thread::sleep_until(begin);
  const absl::StatusOr<Reading> before = options_.meters.Read();
  collector.SwitchOn();
  const Times::time_point on = Times::now();
  std::this_thread::sleep_until(end);
  collector.SwitchOff();
  const absl::Duration measured_time = absl::FromChrono(Times::now() - on);
  const absl::StatusOr<Reading> after = options_.meters.Read();
  for (std::future<void>& worker : working) worker.get();

  if (!before.ok()) return before.status();
  if (!after.ok()) return after.status();
  Measured measured = collector.Take();
  measured.time = measured_time;
  measured.terminals = terminals;
  measured.arrivals_per_second = arrivals_per_second;
  measured.used = *after - *before;
  return measured;
}

}  // namespace shiming::bench
