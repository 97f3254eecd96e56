// The threads on which handlers, workers and HTTP run.
#ifndef SHIMING_COMMON_RPC_RUNTIME_H_
#define SHIMING_COMMON_RPC_RUNTIME_H_

#include <boost/asio/any_io_executor.hpp>
#include <memory>

namespace shiming::rpc {

// Owns one Boost.Asio loop and the threads that run it. Nothing that blocks on
// disk, network or a lock held over I/O may run here (DESIGN 9). Make it after
// BlockSignals() (process.h) and before every server, client and database that
// gets its executor. After its end nothing runs any more; what was still
// suspended is kept, never resumed and never destroyed, because it may refer to
// objects that are gone, and because a late callback of gRPC may still post to
// the loop.
class Runtime {
 public:
  // `threads` at least 1.
  explicit Runtime(int threads);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Thread-safe. Work posted here runs on one of the threads.
  boost::asio::any_io_executor executor();

  // Stops the loop and joins the threads; nothing runs afterwards. The
  // destructor does the same. Not to be called from one of the threads.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_RUNTIME_H_
