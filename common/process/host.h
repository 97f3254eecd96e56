// Hosts rooms in this process: starts them in order, serves, drains.
#ifndef SHIMING_COMMON_PROCESS_HOST_H_
#define SHIMING_COMMON_PROCESS_HOST_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/process/room.h"
#include "common/rpc/server.h"
#include "common/time/clock_watch.h"

namespace shiming::process {

// Each room has its own dispatcher, server and port, in one process or in many,
// so the same addresses work either way. Rooms that are hosted together call
// each other inside the process.
class Host {
 public:
  struct Options {
    rpc::Runtime& runtime;
    const Clock& clock;
    crypto::Random& random;
    Metrics& metrics;
    // In the order in which they call each other: a room comes after those
    // that it calls.
    std::vector<RoomPlan> plans;
  };
  explicit Host(Options options);
  // Stops, and destroys servers and rooms; by then the runtime should have been
  // stopped, so that nothing calls inside the process any more.
  ~Host();

  // Makes, starts and serves one room after the other. Blocks; see Room::Start.
  absl::Status Start(std::stop_token stop);

  // OK when all rooms serve and are ready and the clock has not jumped; else
  // what is wrong.
  absl::Status Ready();

  // Drains the servers, last room first, and stops the rooms. Once; blocks.
  void Stop();

  // "grpc" (with several rooms "<room>") and the rooms' own ports.
  std::map<std::string, int> ports();

 private:
  struct Hosted {
    std::string name;
    std::unique_ptr<rpc::Dispatcher> dispatcher;
    std::unique_ptr<Room> room;
    std::unique_ptr<rpc::Server> server;
  };

  absl::Status StartRoom(const RoomPlan& plan, std::stop_token stop);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(
      const RoomPlan& caller, const config::v1::Target& target);

  Options options_;
  const ClockWatch clock_watch_;
  Gauge& clock_jump_;
  std::mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Hosted>> hosted_ ABSL_GUARDED_BY(mutex_);
  // After Stop: drained and stopped, kept because a call that comes late on a
  // channel inside the process must find its server.
  std::vector<std::unique_ptr<Hosted>> ended_;
};

}  // namespace shiming::process

#endif  // SHIMING_COMMON_PROCESS_HOST_H_
